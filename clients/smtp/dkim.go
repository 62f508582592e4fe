package smtp

import (
	"bytes"
	"crypto"

	"github.com/emersion/go-msgauth/dkim"
)

// DKIM is by what mails are signed in the name of a domain (RFC 6376).
type DKIM struct {
	Domain   string
	Selector string // under which the domain publishes the other half of the key
	Key      crypto.Signer
}

// sign puts a signature above a mail. It covers a line that is not there as well, so that
// nobody adds it on the way; RFC 8058 asks for the two of List-Unsubscribe.
func (d DKIM) sign(raw []byte) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(len(raw) + 1024)
	err := dkim.Sign(&out, bytes.NewReader(raw), &dkim.SignOptions{
		Domain: d.Domain, Selector: d.Selector, Signer: d.Key,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: []string{
			"From", "To", "Subject", "Date", "Message-ID", "Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type",
		},
	})
	return out.Bytes(), err
}
