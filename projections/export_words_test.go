package projections

// WordMark is wordMark for the tests of this package.
var WordMark = wordMark
