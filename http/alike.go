package http

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/canvass-hq/canvass/commands"
)

// opens refuses a condition on what is to be made: it has no version yet.
func (c Conditions) opens() error {
	if match, err := parseIfMatch(c.IfMatch); err == nil && match != nil {
		return commands.ErrPrecondition
	}
	return nil
}

// createdAt answers for a command that has made a record, with where it is.
func createdAt(path string, out *receiptOutput, err error) (*receiptOutput, error) {
	if err == nil {
		out.Status, out.Location = http.StatusCreated, path+out.Body.ID
	}
	return out, err
}

// acceptedAt answers for a command that a job carries out, with where to see how it goes.
func acceptedAt(path string, out *receiptOutput, err error) (*receiptOutput, error) {
	if err == nil {
		out.Status, out.Location = http.StatusAccepted, path+out.Body.ID
	}
	return out, err
}

// Paging is how every list but that of facts is read; it is exported because huma fills no other.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"1000" doc:"next_cursor of the page before"`
}

// receiptHeaders documents them where huma does not.
func receiptHeaders() map[string]*huma.Param {
	out := map[string]*huma.Param{}
	for _, name := range []string{"ETag", "Canvass-Position", "Location"} {
		out[name] = &huma.Param{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	return out
}
