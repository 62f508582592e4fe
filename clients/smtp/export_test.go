package smtp

import (
	"time"

	"github.com/canvass-hq/canvass/domain/mail"
)

// Compose writes a mail as it goes over the wire.
func Compose(m mail.Mail) ([]byte, error) {
	composed, err := compose(m, time.Now())
	return composed.raw, err
}
