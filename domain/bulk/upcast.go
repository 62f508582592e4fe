package bulk

import "encoding/json"

// asItWas lifts a shape to one that only knows more values: those are not there.
func asItWas(raw json.RawMessage) (json.RawMessage, error) { return raw, nil }
