package schema

import (
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/mapping"
	"github.com/canvass-hq/canvass/domain/segment"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/domain/template"
)

// Claims folds one whole stream and tells what it claims.
func Claims(category string, facts []any) []domain.Claim {
	switch category {
	case lead.Category:
		return claims[lead.Lead, lead.Event](facts)
	case company.Category:
		return claims[company.Company, company.Event](facts)
	case mapping.Category:
		return claims[mapping.Mapping, mapping.Event](facts)
	case segment.Category:
		return claims[segment.Segment, segment.Event](facts)
	case sender.Category:
		return claims[sender.Sender, sender.Event](facts)
	case template.Category:
		return claims[template.Template, template.Event](facts)
	case field.Category:
		return claims[field.Field, field.Event](facts)
	}
	return nil
}

func claims[S interface {
	domain.State[S, E]
	domain.Claimant
}, E any](facts []any) []domain.Claim {
	var s S
	for _, f := range facts {
		if e, ok := f.(E); ok {
			s = s.Evolve(e)
		}
	}
	return s.Claims()
}
