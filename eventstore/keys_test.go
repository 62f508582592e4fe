package eventstore_test

import (
	"bytes"
	"context"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

func masterKey(fill byte) string {
	return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, 32))
}

func TestMasterForms(t *testing.T) {
	t.Parallel()
	a, b := masterKey('a'), masterKey('b')
	for text, ok := range map[string]bool{
		a: true, "1:" + a: true, "2:" + a + ",1:" + b: true, "2:" + a + "\n1:" + b + "\n": true, " " + a + "\r\n": true, eventstore.NewMasterKey(): true,
		"": false, " ,\n": false, "0:" + a: false, "-1:" + a: false, "x:" + a: false, a[:40]: false, "1:" + a[:len(a)-1]: false, "1:" + a + a: false, a + ",2:short": false,
	} {
		_, err := eventstore.NewMaster(func() (string, error) { return text, nil })
		if ok != (err == nil) {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil && strings.Contains(err.Error(), a[:20]) {
			t.Errorf("the key is told: %v", err)
		}
	}
	if _, err := eventstore.NewMaster(func() (string, error) { return "", errors.New("no such file") }); err == nil {
		t.Error("a source that fails: taken")
	}
	if one, two := eventstore.NewMasterKey(), eventstore.NewMasterKey(); one == two {
		t.Error("two new keys are equal")
	}
}

// keysOf opens a vault as one more process would, with keys and a clock of its own.
func keysOf(t *testing.T, db *eventstoretest.DB, source func() (string, error), now domain.Clock) *eventstore.Keys {
	t.Helper()
	m, err := eventstore.NewMaster(source)
	if err != nil {
		t.Fatal(err)
	}
	k := eventstore.NewKeys(db.Pools.Keys, m, now)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = k.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return k
}

func fixedMaster() (string, error) { return eventstoretest.MasterKey, nil }

func TestKeysLeaveTheProcessWrapped(t *testing.T) {
	t.Parallel()
	db := eventstoretest.OpenConformant(t, "")
	s := eventstore.Subject{Org: uuid.NewString(), ID: uuid.NewString()}
	keys, err := db.Keys.ForWriting(t.Context(), []eventstore.Subject{s})
	if err != nil {
		t.Fatal(err)
	}
	index, err := db.Keys.Index(t.Context(), s.Org)
	if err != nil || len(index) != 32 {
		t.Fatalf("%d bytes, %v", len(index), err)
	}
	var wrapped, wrappedIndex []byte
	admin := db.Admin(t)
	if err := admin.QueryRow(t.Context(), `select wrapped from keys.subject_keys`).Scan(&wrapped); err != nil {
		t.Fatal(err)
	}
	if err := admin.QueryRow(t.Context(), `select wrapped from keys.organization_keys`).Scan(&wrappedIndex); err != nil {
		t.Fatal(err)
	}
	m, err := eventstore.NewMaster(fixedMaster)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := eventstore.UnwrapOfTest(m, wrapped, 1, s.Org+"|"+s.ID)
	if err != nil || len(raw) != 32 || bytes.Contains(wrapped, raw) || bytes.Contains(wrapped, raw[:8]) || bytes.Contains(wrappedIndex, index[:8]) {
		t.Errorf("the key of %d bytes lies in %d, %v", len(raw), len(wrapped), err)
	}
	// A wrapped key belongs to one subject: nobody gives it to another.
	if _, err := eventstore.UnwrapOfTest(m, wrapped, 1, s.Org+"|"+uuid.NewString()); err == nil {
		t.Error("the key of another subject opens")
	}
	// What it unwraps to is the key that was given.
	text := keys[s].Seal(nil, nil, []byte("x"), nil)
	stored, err := eventstore.SealOfTest([]byte(`{"a":"y"}`), s.Org, s.ID, eventA, raw, "a")
	if err != nil || len(text) == 0 {
		t.Fatal(err)
	}
	if _, _, err := eventstore.OpenOfTest(stored, s.Org, eventA, s.ID, raw); err != nil {
		t.Error(err)
	}
}

// Two processes that meet somebody new at once agree on one key.
func TestKeysMadeAtOnce(t *testing.T) {
	t.Parallel()
	db := eventstoretest.OpenConformant(t, "")
	var subjects []eventstore.Subject
	org := uuid.NewString()
	for range 60 {
		subjects = append(subjects, eventstore.Subject{Org: org, ID: uuid.NewString()})
	}
	processes := make([]*eventstore.Keys, 4)
	for i := range processes {
		processes[i] = keysOf(t, db, fixedMaster, time.Now)
	}
	got := make([]map[eventstore.Subject]cipher.AEAD, len(processes))
	var wg sync.WaitGroup
	for i, k := range processes {
		wg.Go(func() {
			var err error
			if got[i], err = k.ForWriting(t.Context(), subjects); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for _, s := range subjects {
		sealed := got[0][s].Seal(nil, nil, []byte("x"), nil)
		for i := range processes {
			if _, err := got[i][s].Open(nil, nil, sealed, nil); err != nil {
				t.Fatalf("process %d has another key", i)
			}
		}
	}
}

// Another process may hold the key of somebody erased for a minute, not longer, and
// only for what it answers people.
func TestDestroyElsewhere(t *testing.T) {
	t.Parallel()
	db := eventstoretest.OpenConformant(t, "")
	var now atomic.Int64
	clock := func() time.Time { return time.Unix(0, now.Load()) }
	other := keysOf(t, db, fixedMaster, clock)
	s := eventstore.Subject{Org: uuid.NewString(), ID: uuid.NewString()}
	one := []eventstore.Subject{s}
	if _, err := other.ForWriting(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	now.Add(int64(eventstore.KeyLifetime) - 1)
	if keys, err := other.Cached(t.Context(), one); err != nil || keys[s] == nil {
		t.Fatalf("%v, %v", keys, err)
	}
	if err := db.Keys.Destroy(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if keys, err := db.Keys.Cached(t.Context(), one); err != nil || keys[s] != nil {
		t.Errorf("where it was destroyed: %v, %v", keys, err)
	}
	if keys, err := other.ForReading(t.Context(), one); err != nil || keys[s] != nil {
		t.Errorf("for what is written down: %v, %v", keys, err)
	}
	now.Store(int64(2 * eventstore.KeyLifetime))
	if keys, err := other.Cached(t.Context(), one); err != nil || keys[s] != nil {
		t.Errorf("after a minute: %v, %v", keys, err)
	}
	if _, err := other.ForWriting(t.Context(), one); !errors.Is(err, domain.ErrErased) {
		t.Errorf("a new key: %v", err)
	}
}

// Who asks for a key while the process ends is told so, and does not wait for ever.
func TestKeysEnded(t *testing.T) {
	t.Parallel()
	db := eventstoretest.OpenConformant(t, "")
	m, err := eventstore.NewMaster(fixedMaster)
	if err != nil {
		t.Fatal(err)
	}
	k := eventstore.NewKeys(db.Pools.Keys, m, time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := k.Run(ctx); err != nil {
		t.Fatal(err)
	}
	asked := make(chan error, 1)
	go func() {
		_, err := k.ForWriting(t.Context(), []eventstore.Subject{{Org: uuid.NewString(), ID: uuid.NewString()}})
		asked <- err
	}()
	select {
	case err := <-asked:
		if !errors.Is(err, domain.ErrUnavailable) {
			t.Error(err)
		}
	case <-time.After(eventstoretest.Patience / 10):
		t.Error("waits for ever")
	}
}
