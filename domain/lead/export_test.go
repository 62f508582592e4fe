package lead

// ParsePhone is parsePhone for the tests of this package.
var ParsePhone = parsePhone
