package imports_test

import (
	"strings"
	"testing"
)

func BenchmarkReader(b *testing.B) {
	for name, line := range map[string]string{
		"csv":    "Ann,Example,\"Example, Inc.\",ann@example.org,+49 30 123456,Berlin,Germany,26-08-2020,https://www.example.org/\n",
		"ndjson": `{"first":"Ann","last":"Example","company":{"name":"Example, Inc.","city":"Berlin"},"email":"ann@example.org","tags":["a","b"],"n":12}` + "\n",
	} {
		file := strings.Repeat(line, 10_000)
		if name == "csv" {
			file = "a,b,c,d,e,f,g,h,i\n" + file
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				if _, rows, err := read(file); err != nil || len(rows) != 10_000 {
					b.Fatal(len(rows), err)
				}
			}
		})
	}
}
