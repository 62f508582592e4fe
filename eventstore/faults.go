package eventstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/canvass-hq/canvass/domain"
)

// transient tells a fault of the moment (the server restarts, a connection breaks, a
// lock takes too long) from one that would come again.
func transient(err error) bool {
	var pg *pgconn.PgError
	if errors.Is(err, errEnvelope) || errors.Is(err, errMaster) {
		return false
	}
	if !errors.As(err, &pg) {
		return true // nothing came back from the server: the connection is at fault
	}
	switch pg.Code[:2] {
	case "08", "40", "53", "57", "58":
		return true
	}
	return pg.Code == "55P03" || pg.Code == "25P03" || pg.Code == "25006"
}

// unavailable turns a fault of the moment into the refusal that asks to try again,
// and keeps the cause for the log of errors.
func unavailable(what string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if _, ok := errors.AsType[*domain.Error](err); ok {
		return err
	}
	if transient(err) {
		return fmt.Errorf("%s: %w: %w", what, domain.ErrUnavailable, scrubbed(err))
	}
	return fmt.Errorf("%s: %w", what, scrubbed(err))
}

// scrubbed drops what a database error may quote of somebody's data.
func scrubbed(err error) error {
	if _, ok := errors.AsType[*pgconn.PgError](err); !ok {
		return err
	}
	return classError(errorClass(err))
}

// classError is what is left of a fault whose text must not be kept.
type classError string

func (c classError) Error() string { return string(c) }

// Class is for those who report an error without its text.
func (c classError) Class() string { return string(c) }

// notTheFacts tells a fault that would meet any fact (the server goes down, a table or
// a grant is missing, somebody else was in the way) from one that a fact brings about.
func notTheFacts(err error) bool {
	var refusal *domain.Error
	if errors.Is(err, context.Canceled) || errors.As(err, &refusal) && refusal.Kind == domain.Unavailable {
		return true
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code == "57014" || pg.Code == "25P02" { // a statement that took too long, or was sent after a fault
		return false
	}
	switch pg.Code[:2] {
	case "08", "25", "28", "3D", "40", "42", "53", "55", "57", "58":
		return true
	}
	return false
}

// errorClass names a fault by class and code only: what is stored or logged of an
// error must not hold an address.
func errorClass(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		parts := []string{"sql", pg.Code}
		for _, p := range []string{pg.SchemaName, pg.TableName, pg.ConstraintName} {
			if p != "" {
				parts = append(parts, p)
			}
		}
		return strings.Join(parts, ":")
	}
	if refusal, ok := errors.AsType[*domain.Error](err); ok {
		return "refused:" + refusal.Code
	}
	if known, ok := errors.AsType[classError](err); ok {
		return string(known)
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return fmt.Sprintf("%T", err)
		}
		err = inner
	}
}

// Class names a fault by class and code only, for logs and reports: its text may quote
// somebody's data.
func Class(err error) string { return errorClass(err) }

// Unavailable is what a fault of the database is to the one who asked: a refusal that
// asks to try again where it is of the moment, and never a quote of somebody's data.
func Unavailable(err error) error { return unavailable("the database", err) }
