package eventstore

import (
	"encoding/json"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/canvass-hq/canvass/domain"
)

// arguments are the arrays of es.append_batch: one row of each group per command,
// stream, fact and claim.
type arguments struct {
	log int16

	orgs, commands uuids
	hashes         [][]byte
	metas          jsons

	streamOf []int32
	streams  uuids
	expected []int32
	counts   []int32

	eventOf, inStream, inCommand []int32
	ids                          uuids
	categories, types            []string
	schemas                      []int16
	data                         jsons

	claimOf, claimStream []int32
	scopes               []string
	claimHashes          [][]byte
	normalisers          []int16
	takes                []bool

	keyOf           []int32
	keyOrgs, keyIDs uuids
	wrapped         [][]byte
	masters         []int32
}

// uuids and jsons are arrays that the driver writes without reflection.
type (
	uuids = pgtype.FlatArray[pgtype.UUID]
	jsons = pgtype.FlatArray[json.RawMessage]
)

func asUUID(id uuid.UUID) pgtype.UUID { return pgtype.UUID{Bytes: id, Valid: true} }

func newArguments(log int16, items []*prepared) *arguments {
	a := &arguments{log: log}
	for c, p := range items {
		a.orgs = append(a.orgs, asUUID(p.org))
		a.commands = append(a.commands, asUUID(p.command))
		a.hashes = append(a.hashes, p.hash)
		a.metas = append(a.metas, p.meta)
		for _, k := range p.minted {
			a.keyOf = append(a.keyOf, int32(c+1))
			a.keyOrgs, a.keyIDs = append(a.keyOrgs, asUUID(p.org)), append(a.keyIDs, asUUID(k.id))
			a.wrapped, a.masters = append(a.wrapped, k.wrapped), append(a.masters, int32(k.master)) //nolint:gosec // a handful
		}
		ordinal := int32(0)
		for i := range p.streams {
			ordinal = a.addStream(int32(c+1), p, i, ordinal)
		}
	}
	return a
}

func (a *arguments) addStream(command int32, p *prepared, i int, ordinal int32) int32 {
	s, asked := p.streams[i], p.commit.Streams[i]
	a.streamOf = append(a.streamOf, command)
	a.streams = append(a.streams, asUUID(s.id))
	a.expected = append(a.expected, int32(asked.Expected)) //nolint:gosec // a version
	a.counts = append(a.counts, int32(len(s.events)))      //nolint:gosec // bounded by bytes
	at := int32(len(a.streams))                            //nolint:gosec // bounded by bytes
	for n, e := range s.events {
		ordinal++
		a.eventOf = append(a.eventOf, at)
		a.inStream = append(a.inStream, int32(n+1))
		a.inCommand = append(a.inCommand, ordinal)
		a.ids = append(a.ids, asUUID(e.id))
		a.categories = append(a.categories, asked.Stream.Category)
		a.types = append(a.types, e.schema.Type)
		a.schemas = append(a.schemas, int16(e.schema.Version)) //nolint:gosec // a handful
		a.data = append(a.data, e.data)
	}
	for _, k := range s.claims {
		a.claimOf = append(a.claimOf, command)
		a.claimStream = append(a.claimStream, at)
		a.scopes = append(a.scopes, k.claim.Scope)
		a.claimHashes = append(a.claimHashes, k.hash)
		a.normalisers = append(a.normalisers, domain.ClaimNormaliser)
		a.takes = append(a.takes, k.take)
	}
	return ordinal
}

func (a *arguments) statement() string {
	if len(a.keyOf) == 0 {
		return appendKeyless
	}
	return appendWithKeys
}

// list is in the order of the function's parameters. An empty group is an empty
// array, never null.
func (a *arguments) list() []any {
	list := []any{
		a.log, a.orgs, a.commands, a.hashes, a.metas,
		a.streamOf, a.streams, a.expected, a.counts,
		filled(a.eventOf), filled(a.inStream), filled(a.inCommand), filled(a.ids), filled(a.categories), filled(a.types), filled(a.schemas), filled(a.data),
		filled(a.claimOf), filled(a.claimStream), filled(a.scopes), filled(a.claimHashes), filled(a.normalisers), filled(a.takes),
	}
	if len(a.keyOf) > 0 {
		list = append(list, a.keyOf, a.keyOrgs, a.keyIDs, a.wrapped, a.masters)
	}
	return list
}

func filled[S ~[]T, T any](s S) S {
	if s == nil {
		return S{}
	}
	return s
}
