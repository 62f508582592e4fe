package enrollment

import "strings"

// Bounce is how much a returned mail says about the address.
type Bounce string

// The classes of returned mail.
const (
	Hard    Bounce = "hard"    // the address takes nothing, for good
	Soft    Bounce = "soft"    // it takes nothing now: several in a row are hard
	Ignored Bounce = "ignored" // it is about this mail, not about the address
)

var bounces = []Bounce{Hard, Soft, Ignored, ""}

// BounceOf classes a status code (RFC 3463), such as 5.1.1. Only a permanent one about the
// address is hard; too large, refused for what it says or for who sends it is about the
// mail. What is not understood is soft.
func BounceOf(status string) Bounce {
	class, rest, _ := strings.Cut(status, ".")
	switch {
	case status == "4.4.7": // it was tried until it had expired: Amazon counts it as permanent
		return Hard
	case strings.HasPrefix(rest, "3.") || strings.HasPrefix(rest, "6.") || strings.HasPrefix(rest, "7.") || rest == "2.3":
		return Ignored
	case class == "5" && (strings.HasPrefix(rest, "1.") || rest == "2.1" || rest == "4.4" || rest == "2.0"):
		if rest == "1.7" || rest == "1.8" { // the sender's address, not the recipient's
			return Ignored
		}
		return Hard
	}
	return Soft
}
