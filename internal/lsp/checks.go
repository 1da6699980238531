package lsp

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/lsp/outline"
	"converge/internal/lsp/text"
	"converge/internal/lsp/wire"
	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
	"converge/internal/manifest/syntax"
)

// Bounds of checks.
const (
	maxShown   = 200 // diagnostics of a document
	maxEndless = 3   // evaluations that exceeded a bound: each may continue until the server ends
)

// checks checks sites after edits, one at a time, and publishes their errors.
type checks struct {
	server *Server
	ctx    context.Context //nolint:containedctx // the server's: checks outlive the request that caused them

	mu     sync.Mutex
	dirty  map[string]bool // folders that were edited since the last check
	timer  *time.Timer
	cancel context.CancelFunc // of the running check; nil: none

	running sync.Mutex
	results map[string]map[string][]wire.Diagnostic // by site and path; protected by running
	endless int
}

// schedule checks the sites of a document after a pause in typing. It cancels a running check.
func (c *checks) schedule(uri string) {
	path := pathOf(uri)
	if !isManifest(path) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dirty[filepath.Dir(path)] = true
	if c.cancel != nil {
		c.cancel()
	}
	if c.timer != nil {
		c.timer.Stop()
	}
	c.timer = time.AfterFunc(c.server.Quiet, c.run)
}

// run checks the edited sites.
func (c *checks) run() {
	c.running.Lock()
	defer c.running.Unlock()
	defer func() {
		if p := recover(); p != nil {
			c.server.Log(describePanic(p))
		}
	}()
	c.mu.Lock()
	ctx, cancel := context.WithCancel(c.ctx)
	folders := slices.Sorted(maps.Keys(c.dirty))
	c.cancel = cancel
	c.mu.Unlock()
	defer cancel()
	done := map[string]bool{}
	for _, dir := range folders {
		for _, site := range c.sitesOf(dir) {
			if !done[site] {
				done[site] = true
				c.checkSite(ctx, site)
			}
		}
		if ctx.Err() != nil {
			return // the edit that cancelled it has scheduled the next run
		}
		c.mu.Lock()
		delete(c.dirty, dir)
		c.mu.Unlock()
	}
}

func (c *checks) sitesOf(dir string) []string {
	c.server.space.mu.Lock()
	defer c.server.space.mu.Unlock()
	return c.server.space.sites(dir)
}

// checkSite checks one site and publishes changed diagnostics.
func (c *checks) checkSite(ctx context.Context, site string) {
	if c.endless >= maxEndless {
		return
	}
	texts, diags := c.server.diagnose(ctx, site)
	if ctx.Err() != nil {
		return
	}
	for _, d := range diags {
		if d.Summary == "Too much to evaluate" {
			if c.endless++; c.endless == maxEndless {
				c.server.client.Notify(c.ctx, "window/showMessage", wire.Message{Type: 2,
					Message: "converge checks nothing from here on: too many manifests took too much to evaluate. Start the language server anew when they are mended."})
			}
		}
	}
	before := c.results[site]
	c.results[site] = c.server.convert(site, texts, diags)
	changed := map[string]bool{}
	for _, paths := range []map[string][]wire.Diagnostic{before, c.results[site]} {
		for path := range paths {
			changed[path] = true
		}
	}
	for path := range texts {
		if c.server.isOpen(path) { // the editor may have opened it since the last check
			changed[path] = true
		}
	}
	for _, path := range slices.Sorted(maps.Keys(changed)) {
		c.publish(path)
	}
}

// publish sends the diagnostics of a document from all sites.
func (c *checks) publish(path string) {
	out := []wire.Diagnostic{}
	for _, site := range slices.Sorted(maps.Keys(c.results)) {
		for _, d := range c.results[site][path] {
			same := func(o wire.Diagnostic) bool { return o.Range == d.Range && o.Message == d.Message }
			if !slices.ContainsFunc(out, same) && len(out) < maxShown {
				out = append(out, d)
			}
		}
	}
	c.server.client.Notify(c.ctx, "textDocument/publishDiagnostics", wire.PublishDiagnostics{URI: uriOf(path), Diagnostics: out})
}

func (s *Server) isOpen(path string) bool {
	s.space.mu.Lock()
	defer s.space.mu.Unlock()
	return s.space.docs[path] != nil
}

// diagnose returns the errors of a site. If an open document does not parse, the broken parts are left out of the check.
func (s *Server) diagnose(ctx context.Context, site string) (map[string][]byte, hcl.Diagnostics) {
	s.space.mu.Lock()
	unsaved := s.space.unsaved()
	broken, wrong := s.heal(unsaved)
	s.space.mu.Unlock()
	texts, diags := s.Checker.Check(ctx, site, unsaved)
	if len(broken) == 0 {
		return texts, diags
	}
	var out hcl.Diagnostics
	for path, doc := range broken {
		if texts[path] != nil {
			texts[path] = doc.Text
			out = append(out, wrong[path]...)
		} else {
			delete(broken, path) // it belongs to another site
		}
	}
	for _, d := range diags {
		if !isConsequence(d, broken, texts) {
			out = append(out, d)
		}
	}
	return texts, diag.Tidy(out)
}

// heal replaces the texts of open documents that do not parse by texts that do. It returns the documents, and their
// syntax errors.
func (s *Server) heal(unsaved map[string][]byte) (map[string]*outline.Document, map[string]hcl.Diagnostics) {
	broken, wrong := map[string]*outline.Document{}, map[string]hcl.Diagnostics{}
	for path, m := range s.space.docs {
		d := m.parsed()
		if len(d.Broken) == 0 {
			continue
		}
		broken[path], unsaved[path] = d, d.Healed
		for _, span := range d.Broken {
			_, diags := syntax.Parse(syntax.Part(source.Document{Name: path, Data: d.Text}, span.Start, span.End))
			wrong[path] = append(wrong[path], diags...)
		}
	}
	return broken, wrong
}

// isConsequence reports whether the omission of a part of a document may have caused a diagnostic: it is about that
// part, or about a name that the part may declare.
func isConsequence(d *hcl.Diagnostic, broken map[string]*outline.Document, texts map[string][]byte) bool {
	if d.Subject == nil || len(broken) == 0 {
		return len(broken) > 0
	}
	at := outline.Span{Start: d.Subject.Start.Byte, End: d.Subject.End.Byte}
	word := ""
	if b := texts[d.Subject.Filename]; at.End <= len(b) && at.Start <= at.End {
		word = lastName(string(b[at.Start:at.End]))
	}
	for path, doc := range broken {
		for _, s := range doc.Broken {
			if path == d.Subject.Filename && s.Holds(at.Start) || word != "" && strings.Contains(string(doc.Text[s.Start:s.End]), word) {
				return true
			}
		}
	}
	return false
}

// lastName returns the last name of a reference, without dot, brackets and quotes.
func lastName(ref string) string {
	ref = strings.TrimRight(ref, `"]`)
	return ref[strings.LastIndexAny(ref, `."[`)+1:]
}

// convert converts diagnostics to the protocol, by path. One without a place is shown at the start of the site's first
// document.
func (s *Server) convert(site string, texts map[string][]byte, diags hcl.Diagnostics) map[string][]wire.Diagnostic {
	out := map[string][]wire.Diagnostic{}
	made := map[string]*text.Text{}
	for _, d := range diags {
		path, r := s.firstDocument(site), text.Range{}
		if d.Subject != nil && texts[d.Subject.Filename] != nil {
			path = d.Subject.Filename
			if made[path] == nil {
				made[path] = text.New(texts[path])
			}
			r = made[path].Range(d.Subject.Start.Byte, d.Subject.End.Byte)
		}
		severity := wire.Error
		if d.Severity == hcl.DiagWarning {
			severity = wire.Warning
		}
		out[path] = append(out[path], wire.Diagnostic{Range: r, Severity: severity, Source: "converge", Message: describe(d, site)})
	}
	return out
}

// describe returns a diagnostic as one text, with paths relative to the site's folder.
func describe(d *hcl.Diagnostic, site string) string {
	message := d.Summary
	if d.Detail != "" {
		message += ": " + d.Detail
	}
	return strings.ReplaceAll(message, site+"/", "")
}

func (s *Server) firstDocument(site string) string {
	s.space.mu.Lock()
	defer s.space.mu.Unlock()
	for _, m := range s.space.folder(site) {
		return m.path
	}
	return filepath.Join(site, "site.hcl")
}
