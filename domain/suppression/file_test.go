package suppression_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/suppression"
)

var silent = suppression.Said{Scope: suppression.All, Reason: suppression.Listed}

// read gives all lines of a file, each in words.
func read(text string, said suppression.Said) (lines []string, err error) {
	f, err := suppression.Open(strings.NewReader(text), said)
	if err != nil {
		return nil, err
	}
	for {
		line, err := f.Next()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		words := []string{}
		for _, a := range line.Added {
			words = append(words, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", a.Email, a.Scope, a.Reason, a.Note)))
		}
		for _, f := range line.Faults {
			words = append(words, "! "+f.Name)
		}
		if line.ID != "" {
			words = append(words, line.ID+" "+string(line.Scope))
		}
		lines = append(lines, strings.Join(words, "; "))
	}
}

// TestFiles: the lists of other systems are understood, and what a person has ended there
// stays what they have ended.
func TestFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"a bare list":        {"ada@x.example\n\nGrace@X.example\r\nada@x.example\n", []string{"ada@x.example all listed", "grace@x.example all listed", "ada@x.example all listed"}},
		"a bare line":        {"\ufeffada@x.example", []string{"ada@x.example all listed"}},
		"a bare fault":       {"ada@\nb@x.example\nc@x.example,d\ne", []string{"! line 1: email", "b@x.example all listed", "! line 3: email", "! line 4: email"}},
		"a header":           {"email\n", nil},
		"semicolons":         {"email;scope;note\na@x.example;purpose:news;\"a; b\"\n", []string{"a@x.example purpose:news listed a; b"}},
		"Mailchimp":          {"\"Email Address\",\"First Name\",MEMBER_RATING,UNSUB_TIME,UNSUB_REASON,NOTES\na@x.example,Ada,2,\"2026-01-02 03:04:05\",\"NORMAL (has removed themselves)\",\"two\nlines\"\n", []string{"a@x.example all requested two lines"}},
		"Mailchimp, cleaned": {"Email Address,CLEAN_TIME\na@x.example,2026-01-02\n", []string{"a@x.example all listed"}},
		"SendGrid":           {"status,reason,email,created\n5.1.1,\"550 5.1.1, nobody here\",a@x.example,1700000000\n", []string{"a@x.example all listed"}},
		"SendGrid, spam":     {"email,reason\na@x.example,Spam Reports\nb@x.example,Group Unsubscribe\n", []string{"a@x.example all complained", "b@x.example all requested"}},
		"HubSpot":            {"Record ID,Email,Unsubscribed from all email,Contact owner\n1,a@x.example,Yes,boss@y.example\n2,b@x.example,,\n3,c@x.example,false,\n", []string{"a@x.example all requested", "", ""}},
		"Resend":             {"id,email,first_name,created_at,unsubscribed\n01980c5e-7a10-7c3e-9b1f-2f6d8e4a5b6c,a@x.example,Ada,2026,true\n01980c5e-7a10-7c3e-9b1f-2f6d8e4a5b6d,b@x.example,Bob,2026,false\n", []string{"a@x.example all requested", ""}},
		"Resend, suppressed": {"email,origin\na@x.example,bounce\nb@x.example,complaint\nc@x.example,manual\n", []string{"a@x.example all bounced", "b@x.example all complained", "c@x.example all manual"}},
		"Postmark":           {"EmailAddress,SuppressionReason,Origin\na@x.example,HardBounce,Recipient\nb@x.example,SpamComplaint,Recipient\nc@x.example,ManualSuppression,Customer\n", []string{"a@x.example all bounced", "b@x.example all complained", "c@x.example all manual"}},
		"Mailgun":            {"address,tags,created_at\na@x.example,*,2026\n", []string{"a@x.example all listed"}},
		"a recipient":        {"Recipient,Type\na@x.example,OPT_OUT\n", []string{"a@x.example all requested"}},
		"several addresses":  {"email,secondary email\na@x.example,b@x.example\n,c@x.example\nd@x.example,d\n", []string{"a@x.example all listed; b@x.example all listed", "c@x.example all listed", "d@x.example all listed; ! line 4: email"}},
		"a complaint is all": {"email,reason,scope\na@x.example,spam,purpose:news\n", []string{"a@x.example all complained"}},
		"no address":         {"id,email,scope\n01980c5e-7a10-7c3e-9b1f-2f6d8e4a5b6c,,purpose:news\n7,,all\n01980c5e-7a10-7c3e-9b1f-2f6d8e4a5b6c,,some\n", []string{"01980c5e-7a10-7c3e-9b1f-2f6d8e4a5b6c purpose:news", "! line 3: email", "! line 4: scope; 01980c5e-7a10-7c3e-9b1f-2f6d8e4a5b6c some"}},
		"faults":             {"email,scope,note\na@x.example,campaign:7," + strings.Repeat("x", 501) + "\nb@x.example\nb\x00@x.example,,\n\"c@x.example\"d,,\nemail,scope,note\nd@x.example,,\n", []string{"! line 2: scope; ! line 2: note", "! line 3", "! line 4", "! line 5", "! line 6", "d@x.example all listed"}},
		"UTF-16":             {"\xff\xfee\x00m\x00a\x00i\x00l\x00\n\x00a\x00@\x00x\x00.\x00d\x00e\x00\n\x00", []string{"a@x.de all listed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := read(c.file, silent); err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	got, err := read("email,scope,reason,note\na@x.example,,,\nb@x.example,all,listed,own\nc@x.example,,who knows,\n", suppression.Said{Scope: suppression.Marketing, Reason: suppression.Requested, Note: "from before"})
	if want := []string{"a@x.example purpose:marketing requested from before", "b@x.example all listed own", "c@x.example purpose:marketing listed from before"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

// TestRefusedFiles: what cannot be read as a list of addresses is refused as a whole.
func TestRefusedFiles(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]*domain.Error{
		"": imports.ErrEmpty, " \n": imports.ErrEmpty, "name,phone\na,b\n": suppression.ErrNoAddresses, "ada@x.example,all\n": suppression.ErrNoAddresses, `{"email":"a@x.example"}`: suppression.ErrNoAddresses,
		`[{"email":"a@x.example"}]`: imports.ErrJSONArray, "email\n\"a@x.example\n": imports.ErrUnclosedQuote, "a\x00@x.example\n": imports.ErrHeader, "\x1f\x8b\x08\x00\x00\x00\x00\x00": imports.ErrHeader, strings.Repeat("a@x.example\n", suppression.MaxLines+1): suppression.ErrTooManyLines,
	} {
		_, err := read(file, silent)
		if refusal, ok := errors.AsType[*domain.Error](err); !ok || refusal.Code != want.Code {
			t.Errorf("%.40q: %v", file, err)
		}
	}
	for _, said := range []suppression.Said{{Scope: "everybody", Reason: suppression.Listed}, {Scope: suppression.All, Reason: "x"}, {Scope: suppression.All, Reason: suppression.Listed, Note: "a\nb"}} {
		if _, err := read("a@x.example\n", said); fieldOf(err) == "" {
			t.Errorf("%+v: %v", said, err)
		}
	}
}

// TestFileComesBack: whatever stands in a list, the file of it asks for the same.
func TestFileComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		local := rapid.StringOfN(rapid.SampledFrom([]rune("=+-'abc.ü|!#")), 1, 8, -1)
		host := rapid.SampledFrom([]string{"x.example", "bücher.example", "пример.example", "XN--BCHER-KVA.example"})
		note := rapid.StringOfN(rapid.SampledFrom([]rune(`=+-@'"a,;| ü漢😀\`)), 0, 12, -1)
		scopes := []suppression.Scope{suppression.All, suppression.Marketing, campaign}
		reasons := []suppression.Reason{suppression.Unsubscribed, suppression.Complained, suppression.Requested, suppression.Bounced, suppression.Manual, suppression.Listed}
		var file strings.Builder
		out := csv.NewWriter(&file)
		_ = out.Write(suppression.Header())
		var want []string
		for range rapid.IntRange(0, 20).Draw(t, "lines") {
			email := lead.Address(local.Draw(t, "local") + "@" + host.Draw(t, "host"))
			facts, err := suppression.Suppression{}.Suppress(email, rapid.SampledFrom(scopes).Draw(t, "scope"), rapid.SampledFrom(reasons).Draw(t, "reason"), suppression.BySubject, note.Draw(t, "note"), now)
			if err != nil {
				continue // no address
			}
			a := facts[0].(suppression.Added)
			_ = out.Write(suppression.Row("01980c5e-7a10-7c3e-9b1f-2f6d8e4a5b6c", a.Email, a.Scope, suppression.Entry{Reason: a.Reason, By: a.By, At: a.At, Note: a.Note}))
			if a.Reason == suppression.Unsubscribed {
				a.Reason = suppression.Requested
			}
			want = append(want, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", a.Email, a.Scope, a.Reason, a.Note)))
		}
		out.Flush()
		got, err := read(file.String(), silent)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q, %v, of\n%s, wanted %q", got, err, file.String(), want)
		}
	})
}
