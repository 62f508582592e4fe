package http

import (
	"context"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/http/graphql"
)

// Each mutation is the command of the REST API of the same name, under the same name in its call: a key
// of idempotency means the same on both ways.

// change gives a command that an operation of the REST API gives.
func change[I any](ctx context.Context, g graphMutations, do func(context.Context, *I) (*receiptOutput, error)) (*graphql.Receipt, error) {
	in, err := read[I](ctx, g.args)
	if err != nil {
		return nil, err
	}
	return receiptOf(do(ctx, in))
}

func receiptOf(out *receiptOutput, err error) (*graphql.Receipt, error) {
	if err != nil {
		return nil, err
	}
	return &graphql.Receipt{ID: out.Body.ID, Version: out.Body.Version, Position: out.Body.Position}, nil
}

func (g graphMutations) CaptureLead(ctx context.Context, _ map[string]any, _ *string) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.captureLead)
}

func (g graphMutations) EditLead(ctx context.Context, _ string, _ map[string]any, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.editLead)
}

func (g graphMutations) AssignLead(ctx context.Context, _ string, owner, _ *string, _ *int) (*graphql.Receipt, error) {
	in, err := read[bareInput](ctx, g.args, "owner")
	if err != nil {
		return nil, err
	}
	full := assignInput{LeadPath: in.LeadPath, Conditions: in.Conditions}
	full.Body.Owner = orNone(owner)
	return receiptOf(execute(ctx, g.s, full.Conditions, "assignLead", full.ID, full.Body, commands.AssignLead{ID: full.ID, Owner: full.Body.Owner}))
}

func (g graphMutations) ChangeLeadStatus(ctx context.Context, _, _ string, _, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.changeLeadStatus)
}

func (g graphMutations) TagLead(ctx context.Context, _ string, _, _ []string, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, func(ctx context.Context, in *tagInput) (*receiptOutput, error) {
		return execute(ctx, g.s, in.Conditions, "tagLead", in.ID, in.Body, commands.TagLead{ID: in.ID, Add: in.Body.Add, Remove: in.Body.Remove})
	})
}

func (g graphMutations) ArchiveLead(ctx context.Context, _ string, _, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.archiveLead)
}

func (g graphMutations) RestoreLead(ctx context.Context, _ string, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, func(ctx context.Context, in *bareInput) (*receiptOutput, error) {
		return execute(ctx, g.s, in.Conditions, "restoreLead", in.ID, nil, commands.RestoreLead{ID: in.ID})
	})
}

func (g graphMutations) DeleteLead(ctx context.Context, _ string, _, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.deleteLead)
}

func (g graphMutations) NoteLead(ctx context.Context, _, _ string, _ *string, _ *int) (*graphql.NoteReceipt, error) {
	in, err := read[noteInput](ctx, g.args)
	if err != nil {
		return nil, err
	}
	out, err := g.s.noteLead(ctx, in)
	if err != nil {
		return nil, err
	}
	return &graphql.NoteReceipt{ID: out.Body.ID, Version: out.Body.Version, Position: out.Body.Position, Note: out.Body.Note}, nil
}

func (g graphMutations) RemoveNote(ctx context.Context, _, _ string, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, func(ctx context.Context, in *removeNoteInput) (*receiptOutput, error) {
		return execute(ctx, g.s, in.Conditions, "removeNote", in.ID, in.Note, commands.RemoveLeadNote{ID: in.ID, Note: in.Note})
	})
}

func (g graphMutations) CreateTask(ctx context.Context, _ map[string]any, _ *string) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.createTask)
}

func (g graphMutations) EditTask(ctx context.Context, _ string, _ map[string]any, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.editTask)
}

func (g graphMutations) CompleteTask(ctx context.Context, _ string, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, func(ctx context.Context, in *bareTaskInput) (*receiptOutput, error) {
		return execute(ctx, g.s, in.Conditions, "completeTask", in.ID, nil, commands.CompleteTask{ID: in.ID})
	})
}

func (g graphMutations) ReopenTask(ctx context.Context, _ string, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, func(ctx context.Context, in *bareTaskInput) (*receiptOutput, error) {
		return execute(ctx, g.s, in.Conditions, "reopenTask", in.ID, nil, commands.ReopenTask{ID: in.ID})
	})
}

func (g graphMutations) DeleteTask(ctx context.Context, _ string, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, func(ctx context.Context, in *bareTaskInput) (*receiptOutput, error) {
		return execute(ctx, g.s, in.Conditions, "deleteTask", in.ID, nil, commands.DeleteTask{ID: in.ID})
	})
}

func (g graphMutations) RegisterCompany(ctx context.Context, _ map[string]any, _ *string) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.registerCompany)
}

func (g graphMutations) EditCompany(ctx context.Context, _ string, _ map[string]any, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, func(ctx context.Context, in *editCompanyInput) (*receiptOutput, error) {
		return execute(ctx, g.s, in.Conditions, "editCompany", in.ID, in.Body, commands.EditCompany{ID: in.ID, Patch: company.Patch(in.Body)})
	})
}
