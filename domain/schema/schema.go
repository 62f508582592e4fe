// Package schema lists every fact that the log may hold.
package schema

import (
	"slices"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/apikey"
	"github.com/canvass-hq/canvass/domain/audit"
	"github.com/canvass-hq/canvass/domain/bulk"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/exports"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/mapping"
	"github.com/canvass-hq/canvass/domain/organization"
	"github.com/canvass-hq/canvass/domain/segment"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/domain/task"
	"github.com/canvass-hq/canvass/domain/template"
	"github.com/canvass-hq/canvass/domain/tracking"
)

// All lists the facts of all aggregates.
func All() []domain.Schema {
	return slices.Concat(
		lead.Schema(),
		company.Schema(),
		field.Schema(),
		imports.Schema(),
		segment.Schema(),
		suppression.Schema(),
		sender.Schema(),
		template.Schema(),
		campaign.Schema(),
		enrollment.Schema(),
		tracking.Schema(),
		bulk.Schema(),
		task.Schema(),
		exports.Schema(),
		mapping.Schema(),
		organization.Schema(),
		apikey.Schema(),
		audit.Schema(),
	)
}
