// Package domain holds the words that every aggregate shares: states, facts,
// streams, claims and refusals. It is pure: a rule sees a state, a request and a
// time, and answers with facts or a refusal.
package domain

import "time"

// State is what a stream's facts fold into. Its zero value means "nothing has
// happened yet"; Evolve cannot fail, for a fact cannot be refused.
type State[S, E any] interface{ Evolve(E) S }

// Fold applies facts to a state, oldest first.
func Fold[S State[S, E], E any](s S, facts ...E) S {
	for _, f := range facts {
		s = s.Evolve(f)
	}
	return s
}

// StreamID names one stream: the kind of aggregate and its identity (a UUIDv7).
type StreamID struct{ Category, ID string }

// Permission is what a principal must hold to give a command or ask a query.
type Permission string

// Claim is a value that one stream of an organization holds alone, such as the
// address of a lead. It is in clear and lives in memory only: the log keeps no
// trace of it, the store keeps a keyed hash.
type Claim struct{ Scope, Value string }

// ClaimNormaliser is the version of the rules that bring a claim into its one form. It
// grows when the same input would become another claim; `canvass claims rebuild` then
// makes the claims anew.
const ClaimNormaliser = 1

// Claimant is a state that holds claims.
type Claimant interface{ Claims() []Claim }

// Clock tells the time.
type Clock func() time.Time
