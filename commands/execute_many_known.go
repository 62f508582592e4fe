package commands

import "github.com/canvass-hq/canvass/domain"

// Beside is a command of a job that is decided on another record too, such as a mail on what
// may not be written to its address. The log refuses what was decided on another version of
// it than the newest; then it is decided again.
type Beside[S domain.State[S, E], E any] interface {
	Other() domain.StreamID
	// Unwritten says that the other record is thought to be none: it is loaded only if the log
	// says otherwise.
	Unwritten() bool
	// Knowing is the command with the facts of the other record.
	Knowing(facts []any) Command[S, E]
}

// Recalling is a command of a job whose giver has written to the stream last, as far as it
// knows: there is nothing to load, unless the log says otherwise.
type Recalling[S any] interface {
	// Recalled is what the giver has left; version 0 says that it does not know.
	Recalled() (state S, version int)
}

// recalled is what the giver of a command knows of its stream, as long as the log has not said
// otherwise.
func (c *chunk[S, E]) recalled(cmd Command[S, E]) (state S, version int) {
	if r, ok := cmd.(Recalling[S]); ok && !c.met {
		return r.Recalled()
	}
	return state, 0
}

// there tells whether a stream must be loaded for a command: what it is to open is not there,
// unless the log has said so.
func (c *chunk[S, E]) there(cmd Command[S, E]) bool {
	if c.met {
		return true
	}
	_, opens := cmd.(Opening)
	_, version := c.recalled(cmd)
	return !opens && version == 0
}

// recall adds the versions that givers of commands know to those that were loaded.
func (c *chunk[S, E]) recall(histories map[string]domain.History) (states map[string]S) {
	for _, cmd := range c.cmds {
		state, version := c.recalled(cmd)
		id := cmd.Stream().ID
		if _, loaded := histories[id]; loaded || version == 0 {
			continue
		}
		if states == nil {
			states = make(map[string]S, len(c.cmds))
		}
		states[id], histories[id] = state, domain.History{Version: version}
	}
	return states
}
