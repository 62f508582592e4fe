package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5"
)

// dump gives every byte of every table, as text and as it goes over the wire.
func dump(t *testing.T, conn *pgx.Conn, schemas ...string) map[string][]byte {
	t.Helper()
	rows, err := conn.Query(t.Context(), `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = any($1) and c.relkind in ('r', 'm')`, schemas)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	copyOut := func(sql string) []byte {
		var b bytes.Buffer
		if _, err := conn.PgConn().CopyTo(t.Context(), io.Writer(&b), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return b.Bytes()
	}
	for _, table := range tables {
		out[table+" as text"] = copyOut("copy (select t::text from " + table + " t) to stdout")
		out[table+" as bytes"] = copyOut("copy " + table + " to stdout (format binary)")
	}
	return out
}

// needles are what must stand nowhere: values as they were given and as they are kept.
// Shorter ones would be found by chance in megabytes of ciphertext.
func needles(rows []person) [][]byte {
	var out [][]byte
	for _, p := range rows {
		for _, v := range []string{p.Email, p.Name, p.Phone, p.Company} {
			if len(v) >= 9 {
				out = append(out, []byte(v))
			}
		}
	}
	return out
}

// search finds the first needle in data, whatever its case. It cuts data into the
// words that needles begin with, for thousands of needles in megabytes of text.
func search(data []byte, marks [][]byte) string {
	const width = 9
	heads := map[string][][]byte{}
	for _, m := range marks {
		m = bytes.ToLower(m)
		heads[string(m[:width])] = append(heads[string(m[:width])], m)
	}
	data = bytes.ToLower(data)
	for i := range max(0, len(data)-width+1) {
		for _, m := range heads[string(data[i:i+width])] {
			if bytes.HasPrefix(data[i:], m) {
				return string(m)
			}
		}
	}
	return ""
}

func TestSearch(t *testing.T) {
	t.Parallel()
	marks := [][]byte{[]byte("ada@people.example"), []byte("Ada Lovelace")}
	for text, want := range map[string]string{"xx ADA@people.example": "ada@people.example", "ada lovelace": "ada lovelace", "Ada Love": "", "": ""} {
		if got := search([]byte(text), marks); got != want {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
}

// envelopesOnly fails the test unless every personal value of every stored fact is an
// envelope, by the schema of its fact.
func envelopesOnly(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	clear := map[string]bool{"status": true, "country": true, "source": true, "owner": true, "user": true, "role": true}
	rows, err := conn.Query(t.Context(), `select type, data::text from es.events`)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	var kind, data string
	_, err = pgx.ForEachRow(rows, []any{&kind, &data}, func() error {
		var values map[string]any
		if err := json.Unmarshal([]byte(data), &values); err != nil {
			return err
		}
		for name, v := range values {
			envelope, _ := v.(map[string]any)
			switch sealed := envelope["$enc"] != nil && len(envelope) == 1; {
			case sealed:
				seen++
			case !clear[name]:
				return fmt.Errorf("%s holds %s in clear", kind, name)
			}
		}
		return nil
	})
	if err != nil || seen == 0 {
		t.Errorf("%d envelopes: %v", seen, err)
	}
}
