package app

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/site"
	"converge/internal/manifest"
	"converge/internal/scrub"
	"converge/internal/view"
)

// EvalOptions select the site in which expressions are evaluated, and the form of the results.
type EvalOptions struct {
	Site  site.Options
	Path  string
	Given bool // the path is on the command line; otherwise a folder without a manifest suffices
	JSON  bool
}

// Eval prints the value of an expression of the manifest.
func Eval(ctx context.Context, env *environ.Env, expr string, f *EvalOptions) error {
	c, err := openConsole(ctx, env, f)
	if err != nil {
		return err
	}
	defer c.site.Close()
	_, err = c.answer(ctx, expr)
	return err
}

// Console reads expressions, a line each, and prints their values.
func Console(ctx context.Context, env *environ.Env, f *EvalOptions) error {
	in, b := env.In, *env
	b.In = strings.NewReader("")
	c, err := openConsole(ctx, &b, f)
	if err != nil {
		return err
	}
	defer c.site.Close()
	prompt := environ.TerminalWidth(in) > 0 && environ.TerminalWidth(env.Out) > 0
	leave := func(err error) error { // the line of the prompt has not ended yet
		if prompt {
			view.Text(env.Out, "\n")
		}
		return err
	}
	lines := make(chan string)
	failed := make(chan error, 1)
	go readLines(in, lines, failed)
	for {
		if prompt {
			view.Text(env.Out, "> ")
		}
		select {
		case <-ctx.Done():
			return leave(ctx.Err())
		case line, more := <-lines:
			if !more {
				return leave(<-failed)
			}
			if done, err := c.readLine(ctx, line); done || err != nil {
				return err
			}
		}
	}
}

// readLines sends lines until there are no more, and then the error that ended reading.
func readLines(in io.Reader, lines chan<- string, failed chan<- error) {
	r := bufio.NewReader(in)
	for {
		line, err := r.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			failed <- err
			close(lines)
			return
		}
		if line != "" || err == nil {
			lines <- line
		}
		if err != nil {
			failed <- nil
			close(lines)
			return
		}
	}
}

// console answers expressions.
type console struct {
	env  *environ.Env
	site *manifest.Site
	json bool
}

func openConsole(ctx context.Context, env *environ.Env, f *EvalOptions) (*console, error) {
	path, err := f.Site.Locate(ctx, env, f.Path)
	if err != nil {
		return nil, err
	}
	s, err := site.LoadToAsk(ctx, env, path, f.Given, &f.Site)
	if err != nil {
		return nil, err
	}
	return &console{env: env, site: s, json: f.JSON}, nil
}

// readLine answers a line; done means that there are no more questions.
func (c *console) readLine(ctx context.Context, line string) (done bool, err error) {
	switch line = strings.TrimSpace(line); line {
	case "":
		return false, nil
	case "exit", "quit":
		return true, nil
	}
	fatal, err := c.answer(ctx, line)
	var coded *exit.Error
	if fatal || err == nil || !errors.As(err, &coded) || coded.Shown == nil {
		return fatal, err
	}
	c.env.Report(ctx, err) // with --json as an object; it was already shown in words
	return false, nil
}

// answer prints the value of an expression.
func (c *console) answer(ctx context.Context, expr string) (fatal bool, err error) {
	v, diags, fatal := c.site.Evaluate(ctx, expr)
	if err := site.ShowDiagnostics(c.env, c.site, diags); err != nil {
		return fatal, err
	}
	ty := v.Type().FriendlyName()
	plain, withheld := manifest.Plain(v)
	c.env.Scrub = scrub.New(c.site.Secrets) // what the expression made sensitive stays sensitive
	if c.json {
		return fatal, view.WriteJSON(c.env.Out, view.Value{Value: c.env.Scrub.JSON(encodePlain(plain)), Type: ty, Sensitive: withheld})
	}
	return fatal, view.ShowValue(c.env.Out, c.env.Scrub.String(writeValue(plain)))
}

// writeValue returns a plain value in the notation of the language.
func writeValue(v cty.Value) string {
	if v.Type() == cty.String && !v.IsNull() && (v.AsString() == manifest.Withheld || v.AsString() == manifest.Unread) {
		return v.AsString()
	}
	text := bytes.ReplaceAll(hclwrite.Format(hclwrite.TokensForValue(v).Bytes()), []byte(`"`+manifest.Withheld+`"`), []byte(manifest.Withheld))
	return string(text)
}
