package campaign

import (
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/suppression"
)

// Standing is what of a lead decides whether it is written to.
type Standing struct {
	There, Erased, Deleted, Archived bool
	Email                            string
}

// Gate says why somebody is never written to by a campaign, with the scope that holds the mail
// back where one does; "" where they may be. What only delays mail (caps, paces, a provider
// that is away) is no gate.
func Gate(l Standing, held suppression.Suppression, purpose, id string) (enrollment.Reason, suppression.Scope) {
	switch {
	case l.Erased:
		return enrollment.LeadErased, ""
	case !l.There, l.Deleted:
		return enrollment.LeadDeleted, ""
	case l.Archived:
		return enrollment.LeadArchived, ""
	case l.Email == "":
		return enrollment.NoAddress, ""
	}
	if scope, _, blocked := held.Blocks(suppression.Mail{Purpose: purpose, Campaign: id}); blocked {
		return enrollment.Suppressed, scope
	}
	return "", ""
}
