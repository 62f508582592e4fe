package graphql

import (
	"context"

	"github.com/canvass-hq/canvass/projections"
)

// Edge is a record in a list, and where it stands there.
type Edge[T any] struct {
	Cursor string
	Node   T
}

// Connection is a part of a list, as Relay has it.
type Connection[E any] struct {
	Edges    []E
	PageInfo PageInfo
	Count    func(context.Context) (projections.Total, error)
	Tally    func(ctx context.Context, fields []string) (map[string]projections.Facet, error) // nil where nothing is counted by values
}

// PageInfo says where the part of a list lies.
type PageInfo struct {
	HasNextPage, HasPreviousPage bool
	StartCursor, EndCursor       string
}

// Shown is how many records are shown.
func (c Connection[E]) Shown() int { return len(c.Edges) }

// TotalCount is how many there are in all.
func (c Connection[E]) TotalCount(ctx context.Context) (*projections.Total, error) {
	n, err := c.Count(ctx)
	return &n, err
}

// Facets counts all that was found by the values of some fields.
func (c Connection[E]) Facets(ctx context.Context, fields []string) ([]Facet, error) {
	counted, err := c.Tally(ctx, fields)
	return Facets(counted, fields), err
}

type (
	// LeadEdge is a lead in its list.
	LeadEdge struct{ Edge[*Lead] }
	// LeadConnection is a part of the list of leads.
	LeadConnection struct{ Connection[LeadEdge] }

	// CompanyEdge is a company in its list.
	CompanyEdge struct{ Edge[*Company] }
	// CompanyConnection is a part of the list of companies.
	CompanyConnection struct{ Connection[CompanyEdge] }

	// TaskEdge is a task in its list.
	TaskEdge struct{ Edge[*Task] }
	// TaskConnection is a part of the list of tasks.
	TaskConnection struct{ Connection[TaskEdge] }

	// NoteEdge is a note in its list.
	NoteEdge struct{ Edge[projections.Note] }
	// NoteConnection is a part of the list of notes.
	NoteConnection struct{ Connection[NoteEdge] }

	// TimelineEdge is an entry of a timeline.
	TimelineEdge struct {
		Edge[projections.TimelineEntry]
	}
	// TimelineConnection is a part of a timeline.
	TimelineConnection struct{ Connection[TimelineEdge] }

	// SegmentEdge is a segment in its list.
	SegmentEdge struct{ Edge[projections.Segment] }
	// SegmentConnection is a part of the list of segments.
	SegmentConnection struct{ Connection[SegmentEdge] }

	// ImportEdge is an import in its list.
	ImportEdge struct{ Edge[projections.Import] }
	// ImportConnection is a part of the list of imports.
	ImportConnection struct{ Connection[ImportEdge] }

	// ImportRowEdge is a row of a file in its list.
	ImportRowEdge struct{ Edge[projections.ImportRow] }
	// ImportRowConnection is a part of the list of the rows of a file.
	ImportRowConnection struct{ Connection[ImportRowEdge] }

	// MappingEdge is a saved mapping in its list.
	MappingEdge struct{ Edge[projections.Mapping] }
	// MappingConnection is a part of the list of saved mappings.
	MappingConnection struct{ Connection[MappingEdge] }

	// SuppressionEdge is what may not be written to an address in its list.
	SuppressionEdge struct{ Edge[projections.Suppression] }
	// SuppressionConnection is a part of the list of suppressions.
	SuppressionConnection struct{ Connection[SuppressionEdge] }

	// SenderEdge is a sender in its list.
	SenderEdge struct{ Edge[*Sender] }
	// SenderConnection is a part of the list of senders.
	SenderConnection struct{ Connection[SenderEdge] }

	// TemplateEdge is a template in its list.
	TemplateEdge struct{ Edge[projections.Template] }
	// TemplateConnection is a part of the list of templates.
	TemplateConnection struct{ Connection[TemplateEdge] }

	// CampaignEdge is a campaign in its list.
	CampaignEdge struct{ Edge[*Campaign] }
	// CampaignConnection is a part of the list of campaigns.
	CampaignConnection struct{ Connection[CampaignEdge] }

	// RecipientEdge is a recipient in their list.
	RecipientEdge struct{ Edge[*Recipient] }
	// RecipientConnection is a part of the list of the recipients of a campaign.
	RecipientConnection struct{ Connection[RecipientEdge] }

	// EventEdge is a fact in its list.
	EventEdge struct{ Edge[projections.Event] }
	// EventConnection is a part of the log.
	EventConnection struct{ Connection[EventEdge] }

	// BulkActionEdge is a bulk action in its list.
	BulkActionEdge struct{ Edge[BulkAction] }
	// BulkActionConnection is a part of the list of bulk actions.
	BulkActionConnection struct{ Connection[BulkActionEdge] }

	// RefusalEdge is a lead that refused in its list.
	RefusalEdge struct{ Edge[projections.Refusal] }
	// RefusalConnection is a part of the list of the leads that refused.
	RefusalConnection struct{ Connection[RefusalEdge] }

	// MemberEdge is a member in their list.
	MemberEdge struct{ Edge[projections.Member] }
	// MemberConnection is a part of the list of members.
	MemberConnection struct{ Connection[MemberEdge] }

	// TeamEdge is a team in its list.
	TeamEdge struct{ Edge[projections.Team] }
	// TeamConnection is a part of the list of teams.
	TeamConnection struct{ Connection[TeamEdge] }

	// ExportEdge is an export in its list.
	ExportEdge struct{ Edge[projections.Export] }
	// ExportConnection is a part of the list of exports.
	ExportConnection struct{ Connection[ExportEdge] }
)
