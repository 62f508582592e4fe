package lead

// Digits is digits for the tests of this package.
var Digits = digits
