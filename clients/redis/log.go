package redis

import (
	"context"
	"fmt"
	"log/slog"

	goredis "github.com/redis/go-redis/v9"
)

// LogLibrary sends what the client library itself has to say, such as every
// failed dial of a dead server, to log at debug level instead of standard
// error. The library has one logger for the whole process, so this is for the
// program to call once and not for Open.
func LogLibrary(log *slog.Logger) { goredis.SetLogger(libraryLog{log}) }

type libraryLog struct{ log *slog.Logger }

// Printf is what the library calls.
func (l libraryLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.DebugContext(ctx, "redis client", "text", fmt.Sprintf(format, args...))
}
