// Package graphql is the schema of the GraphQL API, what gqlgen makes of it, and the types that its
// fields are read from. The fields that ask for something are answered by package http, with the
// operations of the REST API.
package graphql
