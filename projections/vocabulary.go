package projections

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/eventstore"
)

// A vocabulary counts in how many rows of an organization each word of names stands, so
// that what is typed wrongly is found by what is written almost like it. A word that no
// row holds any more is gone, such as the name of somebody erased.
func vocabularyDDL(table string) string {
	return `create table {` + table + `} (
			tenant_id uuid not null,
			word text collate "C" not null,
			n int not null,
			primary key (tenant_id, word)
		);
		`
}

func vocabularyIndexes(table string) string {
	return `do $$ begin
				if exists (select from pg_extension where extname = 'pg_trgm') then
					create index on {` + table + `} using gin (word gin_trgm_ops);
				end if;
			end $$;
			`
}

// vocabulary is what has changed in one.
type vocabulary map[wordKey]int

type wordKey struct{ org, word string }

// count adds the words of a row, or takes them away; each counts once for a row.
func (v vocabulary) count(org string, words []string, by int) {
	slices.Sort(words)
	for _, w := range slices.Compact(words) {
		if utf8.RuneCountInString(w) >= leastAlike && !strings.ContainsAny(w, "0123456789") {
			v[wordKey{org, w}] += by
		}
	}
}

// leastAlike is how long a word is at least for others to be written almost like it.
const leastAlike = 4

func (v vocabulary) save(ctx context.Context, tx pgx.Tx, table string) error {
	var orgs, words []string
	var counts []int32
	var fewer bool
	for k, n := range v {
		if n != 0 {
			orgs, words, counts = append(orgs, k.org), append(words, k.word), append(counts, int32(n)) //nolint:gosec // of the rows of a batch
			fewer = fewer || n < 0
		}
	}
	if len(orgs) == 0 {
		return nil
	}
	b := &pgx.Batch{}
	b.Queue(fmt.Sprintf(`insert into %s as v (tenant_id, word, n) select * from unnest($1::uuid[], $2::text[], $3::int[])
		on conflict (tenant_id, word) do update set n = v.n + excluded.n`, table), orgs, words, counts)
	if fewer {
		b.Queue(fmt.Sprintf(`delete from %s v using unnest($1::uuid[], $2::text[]) g(t, w) where v.tenant_id = g.t and v.word = g.w and v.n <= 0`, table), orgs, words)
	}
	return tx.SendBatch(ctx, b).Close()
}

// seek reads the words of a search. Each stands in a row as it is; where none holds it,
// a word that begins with it is enough, and where none does, one of a name that is written
// almost like it. The last one somebody may still be typing.
func (q *Queries) seek(ctx context.Context, org, text, table, vocabulary string) ([]sought, error) {
	words := filter.SearchWords(text)
	out := make([]sought, len(words))
	b := eventstore.ForOrg(org)
	almost := q.alike(ctx)
	for i, w := range words {
		last := i == len(words)-1
		out[i] = sought{word: w, begins: last && utf8.RuneCountInString(w) > 1}
		if last && (len(w) < leastAlike || !almost) {
			continue // it is found in one way only
		}
		b.Queue(fmt.Sprintf(`select case when not $2 and exists (select from %[1]s s where s.tenant_id = $1 and %[2]s @@ $3::text::tsquery) then 0
			when exists (select from %[1]s s where s.tenant_id = $1 and %[2]s @@ $4::text::tsquery) then 1 else 2 end`, table, wordVector),
			org, last, wordQuery(org, sought{word: w}), wordQuery(org, sought{word: w, begins: true})).QueryRow(func(r pgx.Row) error {
			var found int
			err := r.Scan(&found)
			out[i].begins = found > 0
			if found == 2 && utf8.RuneCountInString(w) >= leastAlike && almost {
				out[i].like = []string{}
			}
			return err
		})
	}
	if b.Len() > 1 { // the organization is always set
		if err := q.app.SendBatch(ctx, b).Close(); err != nil {
			return nil, unavailable(err)
		}
	}
	return out, q.almost(ctx, org, vocabulary, out)
}

// almost finds what is written almost like the words that no row holds.
func (q *Queries) almost(ctx context.Context, org, vocabulary string, words []sought) error {
	b := eventstore.ForOrg(org)
	for i := range words {
		if words[i].like == nil {
			continue
		}
		b.Queue(fmt.Sprintf(`select v.word from %s v where v.tenant_id = $1 and v.word %% $2 and similarity(v.word, $2) >= 0.35 order by similarity(v.word, $2) desc, v.word limit 8`, vocabulary),
			org, words[i].word).Query(func(rows pgx.Rows) (err error) {
			words[i].like, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		})
	}
	if b.Len() == 1 {
		return nil
	}
	return orUnavailable(q.app.SendBatch(ctx, b).Close())
}

// alike tells whether the database can find what is written almost like something.
func (q *Queries) alike(ctx context.Context) bool {
	q.trigrams.Do(func() {
		_ = q.app.QueryRow(ctx, `select exists (select from pg_extension where extname = 'pg_trgm')`).Scan(&q.hasTrigrams)
	})
	return q.hasTrigrams
}
