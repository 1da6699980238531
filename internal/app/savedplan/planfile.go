// Package savedplan keeps plans in files: plan --out saves them, show prints them, and apply checks whether the
// machine is still as the plan saw it. Start with [Read] and [Keeper]. It plans nothing itself: package engine does.
package savedplan

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"converge/internal/app/environ"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/fsys"
	"converge/internal/resource"
)

// cutText describes an incomplete plan.
const cutText = "it is cut off: save it again by converge plan --out"

// planMagic opens a saved plan. No manifest begins like this.
const planMagic = "converge-plan 1\n"

// maxPlan is the size in bytes of the largest saved plan that is read.
const maxPlan = 1 << 30

// Plan is what plan --out keeps: the place of the manifest, its inputs, the observed and the wanted state of every
// resource, as digests, and what was shown. It has no values of sensitive variables; they have to be given again, and
// a wrong one appears as a resource whose declaration has changed. The fingerprints of a site with any are sealed with
// the key of the state folder, so such a plan can only be applied where it was made.
type Plan struct {
	ID        string                     `json:"id"`
	Made      time.Time                  `json:"made"`
	Path      string                     `json:"path"`
	Origin    string                     `json:"origin,omitempty"` // the URL that the manifest came from
	Root      string                     `json:"root"`
	Vars      map[string]json.RawMessage `json:"vars,omitempty"`
	Sensitive []string                   `json:"sensitive,omitempty"`
	Nodes     []string                   `json:"node,omitempty"`
	Targets   []string                   `json:"targets,omitempty"`
	Excludes  []string                   `json:"excludes,omitempty"`
	Prune     bool                       `json:"prune,omitempty"`
	Key       string                     `json:"key,omitempty"` // the key that seals its fingerprints; "": they are plain
	Steps     []engine.SavedStep         `json:"steps"`
	Resources int                        `json:"resources,omitempty"` // the number of the site's resources
	Shown     []event.Event              `json:"shown,omitempty"`     // the events of the plan
}

// writeFile atomically saves the plan at path.
func (p *Plan) writeFile(path string) error {
	p.ID, p.Made = rand.Text(), time.Now().UTC().Truncate(time.Second)
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("cannot save the plan: %w", err)
	}
	content := append([]byte(planMagic), append(body, '\n')...)
	err = environ.WriteOutputFile(path, func(host *fsys.FS, whole string) error { return host.ReplaceOutput(whole, content) })
	if err != nil {
		return fmt.Errorf("cannot save the plan: %w", err)
	}
	return nil
}

// Read reads the saved plan at path; nil if that is something else: a
// manifest, a folder, nothing.
func Read(path string) (*Plan, error) {
	if environ.CheckRegular(path) != nil {
		return nil, nil // the same; opening a pipe would wait for its other end
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil //nolint:nilerr // the reader of the manifest reports the problem
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, nil //nolint:nilerr // the same
	}
	magic := make([]byte, len(planMagic))
	if n, err := io.ReadFull(f, magic); err != nil && isCutPlan(path, magic[:n]) {
		return nil, fmt.Errorf("cannot read the plan %s: %s", path, cutText)
	} else if err != nil || string(magic) != planMagic {
		return nil, nil //nolint:nilerr // the same
	}
	body, err := io.ReadAll(io.LimitReader(f, maxPlan+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read the plan: %w", err)
	}
	p, err := parsePlan(body)
	if err != nil {
		return nil, fmt.Errorf("cannot read the plan %s: %w", path, err)
	}
	return p, nil
}

// isCutPlan reports whether a file that is shorter than the first line of a plan can only be a truncated one.
func isCutPlan(path string, text []byte) bool {
	end := filepath.Ext(path)
	return strings.HasPrefix(planMagic, string(text)) && end != ".hcl" && end != ".json"
}

func parsePlan(body []byte) (*Plan, error) {
	if len(body) > maxPlan {
		return nil, errors.New("it is larger than 1 GiB")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	p := &Plan{}
	if err := d.Decode(p); errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return nil, errors.New(cutText)
	} else if err != nil {
		return nil, fmt.Errorf("it is not as converge has saved it, or another version has: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows its end")
	}
	p.Path, p.Root = resource.DecodeBytes(p.Path), resource.DecodeBytes(p.Root)
	for i, name := range p.Nodes {
		p.Nodes[i] = resource.DecodeBytes(name)
	}
	if p.ID == "" || !filepath.IsAbs(p.Path) || !filepath.IsAbs(p.Root) {
		return nil, errors.New("it is not complete")
	}
	return p, nil
}

// Variables returns the saved variables in the form of --var.
func (p *Plan) Variables() map[string]string {
	out := make(map[string]string, len(p.Vars))
	for name, raw := range p.Vars {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			s = string(raw) // a number, a bool, a list: JSON is an HCL expression
		}
		out[name] = s
	}
	return out
}

// ByAddr returns the steps of the plan by address, and the observed states of the resources when the plan was made.
func (p *Plan) ByAddr() (steps map[resource.Addr]engine.SavedStep, have map[resource.Addr]string) {
	steps = make(map[resource.Addr]engine.SavedStep, len(p.Steps))
	have = make(map[resource.Addr]string, len(p.Steps))
	for _, s := range p.Steps {
		steps[s.Addr], have[s.Addr] = s, s.Have
	}
	return steps, have
}
