package smtp

import (
	"context"
	"sync"

	"github.com/canvass-hq/canvass/domain/mail"
)

// load is what one Carry has to carry.
type load struct {
	ctx     context.Context
	flight  mail.Flight
	compose func(mail.Mail) (letter, *mail.Error)
	mails   []mail.Mail

	mu       sync.Mutex
	next     int       // the first that nobody has taken yet
	returned []*parcel // did not leave, and are taken again
	fault    *mail.Error
	empty    chan struct{} // closed when none was left
	emptied  bool
}

// parcel is one mail of a load.
type parcel struct {
	letter

	i       int
	tries   int
	refused bool
}

// take gives the next mail that can be sent; it ends those that cannot.
func (l *load) take(utf8 bool) *parcel {
	for l.ctx.Err() == nil {
		p := l.pick()
		if p == nil {
			return nil
		}
		var fault *mail.Error
		if p.raw == nil {
			p.letter, fault = l.compose(l.mails[p.i])
		}
		if fault == nil && p.wide && !utf8 {
			fault = &mail.Error{Class: mail.Refused}
		}
		if fault == nil {
			return p
		}
		l.flight.Ended(p.i, "", fault)
	}
	return nil
}

func (l *load) pick() *parcel {
	l.mu.Lock()
	defer l.mu.Unlock()
	if last := len(l.returned) - 1; last >= 0 {
		p := l.returned[last]
		l.returned = l.returned[:last]
		return p
	}
	if l.next < len(l.mails) {
		l.next++
		return &parcel{i: l.next - 1}
	}
	if !l.emptied {
		l.emptied = true
		close(l.empty)
	}
	return nil
}

// back returns a mail that has not left. One that two connections have ended with is given up:
// it may be the mail.
func (l *load) back(p *parcel, fault *mail.Error) {
	if p.tries > 1 {
		l.flight.Ended(p.i, "", fault)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.returned = append(l.returned, p)
}

// over tells that there is nothing to carry now.
func (l *load) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ctx.Err() != nil || len(l.returned) == 0 && l.next == len(l.mails)
}

// blame says why mails may stay here.
func (l *load) blame(fault *mail.Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = fault
}
