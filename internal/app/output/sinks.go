// Package output opens the views that a run's flags select, and removes secrets from what they show. Start with
// [Open]. Package view defines what a view looks like.
package output

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/app/environ"
	"converge/internal/event"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/scrub"
	"converge/internal/view"
)

// Options select how a run is shown.
type Options struct {
	JSON    bool
	JSONLog string
	Report  string // a file for the run as a whole; package app writes it
	Verbose bool
	Summary bool // of a plan: only how many resources of each kind change
}

// ShowsApplied reports whether the views of an apply that asks nothing show a change when it is made, and not when it
// is planned.
func (o *Options) ShowsApplied() bool { return !o.JSON && o.JSONLog == "" && !o.Verbose }

// Sinks are the views of one run.
type Sinks struct {
	mu    sync.Mutex // providers report their progress from goroutines of their own
	tee   event.Tee
	human *view.Human // nil with --json
	log   *os.File    // nil without --json-log
	lines *view.JSON  // the writer of the log
	scrub *scrub.Scrubber
	names *strings.Replacer // see Rename; nil: none
	begun event.Event       // the last of type run_started
}

// Open opens the views that the flags select. showPlan means that an apply shows its plan before it is confirmed.
func Open(env *environ.Env, f *Options, showPlan bool) (*Sinks, error) {
	s := &Sinks{}
	if f.JSON {
		s.tee = append(s.tee, view.NewJSON(env.Out))
	} else {
		width := environ.TerminalWidth(env.Out)
		s.human = view.NewHuman(env.Out, view.Options{
			Color: env.IsColored(env.Out), Width: width, Verbose: f.Verbose, Summary: f.Summary, ShowPlan: showPlan,
			Terminal: width > 0 && env.Getenv("TERM") != "dumb",
		})
		s.tee = append(s.tee, s.human)
	}
	if f.JSONLog != "" {
		// It may contain the differences of files that not everybody may read.
		log, err := openLog(f.JSONLog)
		if err != nil {
			return nil, fmt.Errorf("cannot write --json-log: %w", err)
		}
		s.log, s.lines = log, view.NewJSON(log)
		s.tee = append(s.tee, s.lines)
	}
	return s, nil
}

// openLog opens a regular file to be written anew.
func openLog(path string) (log *os.File, err error) {
	if err := environ.CheckOutput(path); err != nil {
		return nil, err
	}
	err = environ.WriteOutputFile(path, func(host *fsys.FS, whole string) (err error) {
		log, err = host.OpenOutput(whole)
		return err
	})
	return log, err
}

// Add also sends later events to another sink.
func (s *Sinks) Add(sink event.Sink) { s.tee = append(s.tee, sink) }

// Scrub removes sensitive strings from later events.
func (s *Sinks) Scrub(with *scrub.Scrubber) { s.scrub = with }

// Rename replaces names in the texts of later events: people do not know the path of a tree that was made for a plan.
func (s *Sinks) Rename(names *strings.Replacer) { s.names = names }

// LogError returns the error of a log that cannot be written; nil if there is none so far.
func (s *Sinks) LogError() error {
	if s.lines == nil || s.lines.Err() == nil {
		return nil
	}
	return fmt.Errorf("cannot write --json-log: %w", s.lines.Err())
}

// Emit implements event.Sink. Events that do not come from the engine have no time yet.
func (s *Sinks) Emit(e event.Event) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	if e = s.complete(e); s.scrub != nil {
		e = event.Scrubbed(e, s.scrub.String, s.scrub.JSON)
	}
	if s.names != nil {
		e = event.Scrubbed(e, s.names.Replace, func(v json.RawMessage) json.RawMessage { return v })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tee.Emit(e)
}

// complete adds to the end of a run the information from its beginning.
func (s *Sinks) complete(e event.Event) event.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e.Type {
	case event.RunStarted:
		s.begun = e
	case event.RunFinished:
		e.Mode = cmp.Or(s.begun.Mode, e.Mode)
		if e.Elapsed == 0 && !s.begun.Time.IsZero() {
			e.Elapsed = max(0, e.Time.Sub(s.begun.Time)) // the clock may have been set
		}
	}
	return e
}

// EmitAs returns a function that emits messages as events of a type.
func (s *Sinks) EmitAs(as event.Type) func(msg string) {
	return func(msg string) { s.Emit(event.Event{Type: as, Message: msg}) }
}

// Close ends the views. A log that could not be written is an error; standard
// output without a reader is not.
func (s *Sinks) Close() error {
	if s.human != nil {
		s.human.Close()
	}
	if s.log == nil {
		return nil
	}
	err := s.lines.Err()
	if cerr := s.log.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("cannot write --json-log: %w", err)
	}
	return nil
}

// maxScrubbed is the size in bytes up to which a sensitive content is read, so that it can be removed from messages.
const maxScrubbed = 64 << 10

// FindSecrets returns a scrubber of the sensitive strings of a site: those that evaluation met, and the values of
// sensitive attributes, contents line by line.
func FindSecrets(met scrub.Words, rs []*resource.Resource) *scrub.Scrubber {
	var set scrub.Set
	set.AddAll(met)
	addSecrets(&set, rs)
	return set.Scrubber()
}

func addSecrets(set *scrub.Set, rs []*resource.Resource) {
	for _, r := range rs {
		if r.Presumed {
			continue
		}
		add := set.Add
		if resource.Part[whole](r.Want).Sensitive.Value {
			add = func(text string) {
				set.Add(text)
				set.Close(text)
			}
		}
		for _, v := range r.SecretValues() {
			addSecret(v, add)
		}
	}
}

// whole reports whether the author of a resource has declared its whole content a secret.
type whole struct {
	Sensitive resource.Opt[bool] `attr:"sensitive"`
}

func addSecret(v cty.Value, add func(text string)) {
	if b := resource.AsBlob(v); b != nil {
		add(smallContent(b))
		return
	}
	// The callback returns no error, so Walk does not either.
	_ = cty.Walk(v, func(_ cty.Path, e cty.Value) (bool, error) {
		if e.Type() == cty.String && e.IsKnown() && !e.IsNull() {
			add(e.AsString())
		}
		return true, nil
	})
}

// smallContent returns a content that is in memory or cheap to read; "" otherwise.
func smallContent(b *resource.Blob) string {
	if content, ok := b.Bytes(); ok {
		return string(content[:min(len(content), maxScrubbed)])
	}
	if b.Size < 0 || b.Size > maxScrubbed {
		return ""
	}
	r, err := b.Open()
	if err != nil {
		return "" // the change itself reports the reason
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, maxScrubbed))
	if err != nil {
		return ""
	}
	return string(content)
}
