package reactors_test

import (
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/reactors"
)

// A campaign that begins at once does not wait until those are looked for whose time comes.
func TestCampaignerBeginsAtOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	for name, at := range map[string]time.Time{"at once": now.Add(-time.Millisecond), "later": now.Add(time.Hour)} {
		job, follows := reactors.Campaigner().Job(eventstore.Recorded{RecordedAt: now, Fact: campaign.Launched{At: at}})
		if !follows {
			t.Fatalf("%s: nothing follows", name)
		}
		if waits := job.InsertOpts != nil && job.InsertOpts.ScheduledAt.Equal(at); waits != (name == "later") {
			t.Errorf("%s: the job has %+v", name, job.InsertOpts)
		}
	}
}
