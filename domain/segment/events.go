package segment

import "github.com/canvass-hq/canvass/domain"

// Event is a fact about one segment.
//
//sumtype:decl
type Event interface{ isSegment() }

// Created opens a segment.
type Created struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	Rule        // of a saved filter
}

// Changed gives the segment another name, or another rule.
type Changed struct {
	Name string `json:"name"`
	Rule
}

// Added puts leads on a list.
type Added struct {
	Leads []string `json:"leads"`
}

// Removed takes leads off a list.
type Removed struct {
	Leads []string `json:"leads"`
}

// Deleted takes the segment out of every list; its name is free again.
type Deleted struct{}

// Restored brings a deleted segment back as it was.
type Restored struct{}

func (Created) isSegment()  {}
func (Changed) isSegment()  {}
func (Added) isSegment()    {}
func (Removed) isSegment()  {}
func (Deleted) isSegment()  {}
func (Restored) isSegment() {}

// Schema lists the facts as they are stored. A name, a filter and words may tell of
// people: they are sealed for the segment itself. The ids of leads are clear.
func Schema() []domain.Schema {
	return []domain.Schema{
		domain.Stored[Created]("segment.created").Seal("name", "filter", "words").Public(),
		domain.Stored[Changed]("segment.changed").Seal("name", "filter", "words").Public(),
		domain.Stored[Added]("segment.members_added").Public(),
		domain.Stored[Removed]("segment.members_removed").Public(),
		domain.Stored[Deleted]("segment.deleted").Public(),
		domain.Stored[Restored]("segment.restored").Public(),
	}
}
