package quota

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Class is a kind of request. Each has a bucket for the one who asks, and one for their
// organization.
type Class string

// The classes, the cheapest first.
const (
	Read   Class = "read"
	Write  Class = "write"
	Search Class = "search" // a filter, words, a sort, facets, counts
	Bulk   Class = "bulk"   // files in and out, changes to many records
)

// Classes lists them all.
func Classes() []Class { return []Class{Read, Write, Search, Bulk} }

// Organization names the bucket that a class has for a whole organization.
func (c Class) Organization() string { return "org-" + string(c) }

// Address names the bucket of a network address from which bad tokens come.
const Address = "address"

// Table is every quota by its name.
type Table map[string]Quota

// Defaults are wide enough for a program that works at full speed for a while, and stop
// one that runs away.
func Defaults() Table {
	return Table{
		string(Read): per(time.Minute, 60_000, 20_000), Read.Organization(): per(time.Minute, 240_000, 80_000),
		string(Write): per(time.Minute, 30_000, 15_000), Write.Organization(): per(time.Minute, 120_000, 60_000),
		string(Search): per(time.Minute, 12_000, 3_000), Search.Organization(): per(time.Minute, 48_000, 12_000),
		string(Bulk): per(time.Minute, 600, 200), Bulk.Organization(): per(time.Minute, 1_800, 600),
		Address: per(time.Minute, 300, 300),
	}
}

func per(window time.Duration, requests, burst int) Quota {
	every := (window / time.Duration(requests)).Round(time.Microsecond)
	return Quota{Burst: burst, Every: max(every, time.Microsecond)}
}

// ParseTable reads "read=600/min,org-read=6000/min:1000" over the defaults: so many in a
// s, min or h, and behind the colon how many of them at once; all of them when it is left
// out. It tells what is wrong, all of it.
func ParseTable(text string) (Table, []string) {
	t := Defaults()
	var faults []string
	seen := map[string]bool{}
	for i, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, rate, _ := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		if _, known := t[name]; !known {
			faults = append(faults, fmt.Sprintf("entry %d names none of %s", i+1, strings.Join(slices.Sorted(maps.Keys(t)), ", ")))
			continue
		}
		q, ok := parseRate(strings.TrimSpace(rate))
		if !ok {
			faults = append(faults, name+" is not like 600/min or 600/min:100 (a number from 1 to 60000000; s, min or h)")
		}
		if seen[name] {
			faults = append(faults, name+" stands twice")
		}
		t[name], seen[name] = q, true
	}
	return t, faults
}

const mostRequests = 60_000_000 // a microsecond each in a minute

func parseRate(text string) (Quota, bool) {
	rate, bursts, hasBurst := strings.Cut(text, ":")
	number, unit, _ := strings.Cut(rate, "/")
	window, known := map[string]time.Duration{"s": time.Second, "min": time.Minute, "h": time.Hour}[unit]
	n, err := strconv.Atoi(number)
	if !known || err != nil || n < 1 || n > mostRequests {
		return Quota{}, false
	}
	burst := n
	if hasBurst {
		if burst, err = strconv.Atoi(bursts); err != nil || burst < 1 || burst > mostRequests {
			return Quota{}, false
		}
	}
	return per(window, n, burst), true
}
