package http

// Repeated is the check of a valid body for names that stand twice.
var Repeated = repeated
