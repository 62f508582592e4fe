package template

import (
	"errors"
	"html"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/osteele/liquid/parser"
	"github.com/osteele/liquid/render"
	"github.com/osteele/liquid/tags"
)

// linkTag is written by Compile alone: {% link 3 %} is where the link leads.
const linkTag = "link"

// captureTag is what {% capture %} becomes: it takes MaxValue bytes, not more.
const captureTag = "keep"

// linkName is the binding under which the tag finds the links; no expression can name it.
const linkName = "link!"

// engine is the language as far as it is ours: tags and filters of the checks, no files.
func engine(field string) *render.Config {
	cfg := render.NewConfig()
	tags.AddStandardTags(&cfg)
	for _, name := range []string{"include", "break", "continue", "cycle"} {
		cfg.UnregisterTag(name)
	}
	cfg.TemplateStore = nil
	cfg.AddTag(linkTag, compileLink)
	cfg.AddBlock(captureTag).Renderer(func(_ io.Writer, ctx render.Context) error {
		text := &capped{most: MaxValue}
		if err := ctx.RenderChildren(text); err != nil {
			return err
		}
		ctx.Set(strings.TrimSpace(ctx.TagArgs()), plain(field, text.String()))
		return nil
	})
	if field == "html" {
		cfg.SetAutoEscapeReplacer(render.HtmlEscaper)
		cfg.AddFilter("safe", func(v any) any { return v }) // nothing is safe because somebody says so
	}
	for name, f := range filters() {
		cfg.AddFilter(name, f.apply)
	}
	return &cfg
}

var (
	plainEngine = sync.OnceValue(func() *render.Config { return engine("text") })
	htmlEngine  = sync.OnceValue(func() *render.Config { return engine("html") })
)

// plain is a captured text as a value: it is escaped when it is written, not before.
func plain(field, text string) string {
	if field == "html" {
		return html.UnescapeString(text)
	}
	return text
}

// parsed prepares one part. The library panics at what its grammar has no word for.
func parsed(field, source string) (node render.Node, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("cannot be read")
		}
	}()
	cfg := plainEngine()
	if field == "html" {
		cfg = htmlEngine()
	}
	node, fault := cfg.Compile(source, parser.SourceLoc{LineNo: 1})
	if fault != nil {
		return nil, fault
	}
	return node, nil
}

// linked is where the links of one mail lead.
type linked struct {
	escaped []string // as they were written
	to      func(n int) string
}

func compileLink(args string) (func(io.Writer, render.Context) error, error) {
	n, err := strconv.Atoi(strings.TrimSpace(args))
	if err != nil || n < 0 {
		return nil, errors.New("there is no such link")
	}
	return func(w io.Writer, ctx render.Context) error {
		l, ok := ctx.Bindings()[linkName].(linked)
		if !ok || n >= len(l.escaped) {
			return errors.New("there is no such link")
		}
		address := l.escaped[n]
		if l.to != nil {
			address = html.EscapeString(l.to(n))
		}
		_, err := io.WriteString(w, address)
		return err
	}, nil
}

// capped takes as much as a part may hold.
type capped struct {
	strings.Builder
	most int
}

func (c *capped) Write(b []byte) (int, error) {
	if c.Len()+len(b) > c.most {
		return 0, ErrTooLarge
	}
	return c.Builder.Write(b)
}

func (c *capped) WriteString(s string) (int, error) {
	if c.Len()+len(s) > c.most {
		return 0, ErrTooLarge
	}
	return c.Builder.WriteString(s)
}
