package lead

import (
	"slices"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/field"
)

// Normalised brings details into the one form in which they are kept, the first address
// and phone in their places, and names the values that cannot be.
func (d Details) Normalised() (Details, []domain.Field) { return d.NormalisedBy(nil) }

// NormalisedBy is Normalised where the organization has fields of its own.
func (d Details) NormalisedBy(own field.Set) (Details, []domain.Field) {
	out, faults := d.normalised(own)
	out.promote()
	return out, append(faults, out.tooMany()...)
}

// Set puts a single value in its place by its name.
func (d *Details) Set(field, value string) { d.set(field, value) }

// SetCustom puts a value of one of the team's own fields in its place.
func (d *Details) SetCustom(key, value string) { d.Custom = with(d.Custom, key, value) }

// Merge takes what a file or another system says of the lead: everything that it says,
// or only what is not known yet. Details are normalised. Further addresses and phones
// are added, and none is taken away; tags too.
func (l Lead) Merge(in Details, overwrite bool) ([]Event, error) {
	if err := l.workable(); err != nil {
		return nil, err
	}
	next := l.Details
	takes := func(have, given string) bool { return given != "" && (have == "" || overwrite) }
	for _, s := range singles {
		switch s.name {
		case "phone_status", "country_given", "email", "phone", "country":
		default:
			if to := s.of(&next); takes(*to, *s.of(&in)) {
				*to = *s.of(&in)
			}
		}
	}
	if takes(next.Country+next.CountryGiven, in.Country+in.CountryGiven) {
		next.Country, next.CountryGiven = in.Country, in.CountryGiven
	}
	next.Emails, next.Phones = slices.Clone(next.Emails), slices.Clone(next.Phones)
	for _, e := range append([]Email{{Address: in.Email}}, in.Emails...) {
		next.Emails = appendUnless(next.Emails, e, e.Address == "")
	}
	for _, n := range append([]Phone{{Number: in.Phone, Status: in.PhoneStatus}}, in.Phones...) {
		next.Phones = appendUnless(next.Phones, n, n.Number == "")
	}
	next.ExternalIDs, next.Custom = merged(next.ExternalIDs, in.ExternalIDs, takes), merged(next.Custom, in.Custom, takes)
	next.promote()
	var out []Event
	if changes := l.changes(next); len(changes) > 0 {
		out = append(out, Edited{Changes: changes})
	}
	var tagged Tagged
	for _, t := range in.Tags {
		if !slices.Contains(l.Tags, t) {
			tagged.Added = append(tagged.Added, t)
		}
	}
	if len(tagged.Added) > 0 {
		out = append(out, tagged)
	}
	next.Tags = tagged.on(l.Tags)
	return out, domain.Refuse(next.tooMany())
}

func merged(have, given map[string]string, takes func(have, given string) bool) map[string]string {
	for _, k := range keys(given, nil) {
		if takes(have[k], given[k]) {
			have = with(have, k, given[k])
		}
	}
	return have
}
