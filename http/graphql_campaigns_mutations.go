package http

import (
	"context"

	"github.com/canvass-hq/canvass/http/graphql"
)

func (g graphMutations) CreateSender(ctx context.Context, _ map[string]any, _ *string) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.createSender)
}

func (g graphMutations) ChangeSender(ctx context.Context, _ string, _ map[string]any, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.changeSender)
}

func (g graphMutations) CheckSender(ctx context.Context, _ string, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.checkSender)
}

func (g graphMutations) TrustSender(ctx context.Context, _, _ string, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.trustSender)
}

func (g graphMutations) DeleteSender(ctx context.Context, _ string, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.deleteSender)
}

func (g graphMutations) RestoreSender(ctx context.Context, _ string, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.restoreSender)
}

func (g graphMutations) CreateTemplate(ctx context.Context, _ map[string]any, _ *string) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.createTemplate)
}

func (g graphMutations) ChangeTemplate(ctx context.Context, _ string, _ map[string]any, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.changeTemplate)
}

func (g graphMutations) DeleteTemplate(ctx context.Context, _ string, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.deleteTemplate)
}

func (g graphMutations) RestoreTemplate(ctx context.Context, _ string, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.restoreTemplate)
}

func (g graphMutations) CreateCampaign(ctx context.Context, _ map[string]any, _ *string) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.createCampaign)
}

func (g graphMutations) ChangeCampaign(ctx context.Context, _ string, _ map[string]any, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.changeCampaign)
}

func (g graphMutations) LaunchCampaign(ctx context.Context, _ string, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.launchCampaign)
}

func (g graphMutations) PauseCampaign(ctx context.Context, _ string, _, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.pauseCampaign)
}

func (g graphMutations) ResumeCampaign(ctx context.Context, _ string, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.resumeCampaign)
}

func (g graphMutations) CancelCampaign(ctx context.Context, _ string, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.cancelCampaign)
}

func (g graphMutations) DeleteCampaign(ctx context.Context, _ string, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.deleteCampaign)
}

func (g graphMutations) ResendMail(ctx context.Context, _, _ string, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.resendMail)
}
