package tracking_test

import (
	"testing"

	"github.com/canvass-hq/canvass/domain/tracking"
)

func TestAgentOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]tracking.Agent{
		"": tracking.Nameless, "Mozilla/5.0": tracking.AppleProxy,
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)":  tracking.AppleProxy,
		"Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)": tracking.GmailProxy,
		"YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html":                  tracking.YahooProxy,
		"Mozilla/5.0 (compatible; Googlebot/2.1)":                                                   tracking.Scanner,
		"curl/8.0": tracking.Scanner,
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36":                     tracking.Browser,
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1": tracking.Browser,
	} {
		if got := tracking.AgentOf(name); got != want {
			t.Errorf("%q is %s, want %s", name, got, want)
		}
	}
}

// TestJudge: who has opened a mail and followed a link, as far as can be told.
func TestJudge(t *testing.T) {
	t.Parallel()
	open := func(agent tracking.Agent, seconds int) tracking.Seen {
		return tracking.Seen{Agent: agent, Seconds: seconds, Link: tracking.Picture}
	}
	click := func(link int, at int64) tracking.Seen {
		return tracking.Seen{Agent: tracking.Browser, Seconds: 600, At: at, Link: link}
	}
	head := click(0, 1)
	head.Head = true
	for name, c := range map[string]struct {
		seen []tracking.Seen
		want tracking.Verdict
	}{
		"nothing":            {nil, tracking.Verdict{}},
		"a person":           {[]tracking.Seen{open(tracking.Browser, 60)}, tracking.Verdict{Opened: true}},
		"by Google":          {[]tracking.Seen{open(tracking.GmailProxy, 60)}, tracking.Verdict{Opened: true}},
		"by Apple":           {[]tracking.Seen{open(tracking.AppleProxy, 600)}, tracking.Verdict{OpenedByBot: true}},
		"at once":            {[]tracking.Seen{open(tracking.Browser, 1)}, tracking.Verdict{OpenedByBot: true}},
		"a scanner":          {[]tracking.Seen{open(tracking.Scanner, 600)}, tracking.Verdict{OpenedByBot: true}},
		"both":               {[]tracking.Seen{open(tracking.Scanner, 600), open(tracking.Browser, 700)}, tracking.Verdict{Opened: true}},
		"a click":            {[]tracking.Seen{click(0, 1)}, tracking.Verdict{Opened: true, Clicked: true}},
		"two links":          {[]tracking.Seen{click(0, 1), click(1, 1)}, tracking.Verdict{Opened: true, Clicked: true}},
		"all links at once":  {[]tracking.Seen{click(0, 1), click(1, 1), click(2, 1)}, tracking.Verdict{}},
		"one link, thrice":   {[]tracking.Seen{click(0, 1), click(0, 1), click(0, 1)}, tracking.Verdict{Opened: true, Clicked: true}},
		"the head of a link": {[]tracking.Seen{head}, tracking.Verdict{}},
	} {
		if got := tracking.Judge(c.seen); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
