package app

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/past"
	"converge/internal/app/site"
	"converge/internal/facts"
	"converge/internal/fsys"
	"converge/internal/journal"
	"converge/internal/resource"
	"converge/internal/view"
)

// report is the report of one run, which is written when the run has ended, successfully or not.
type report struct {
	view.Report
	path string
	env  *environ.Env
}

// openReport begins the report that the flags request; nil if they request none. An unwritable file is an error before
// anything is done.
func openReport(ctx context.Context, env *environ.Env, mode, manifest string, f *RunOptions) (*report, error) {
	if f.Out.Report == "" {
		return nil, nil
	}
	if err := checkReport(f.Out.Report); err != nil {
		return nil, fmt.Errorf("cannot write --report: %w", err)
	}
	r := &report{path: f.Out.Report, env: env}
	r.Version, r.Converge, r.Mode, r.Started = view.ReportVersion, env.Version(), mode, time.Now()
	r.Manifest, r.Host = environ.HideURL(manifest), describeHost(ctx, f.Site.Root)
	f.report = r
	return r, nil
}

func checkReport(path string) error {
	if err := environ.CheckOutput(path); err != nil {
		return err
	}
	info, err := os.Stat(filepath.Dir(path))
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is not a folder", filepath.Dir(path))
	}
	return err
}

// describeHost describes the host of a report. Unknown facts are empty.
func describeHost(ctx context.Context, root string) view.ReportHost {
	f, err := facts.Read(ctx, facts.Options{Root: root})
	if err != nil {
		f.Hostname, _ = os.Hostname()
	}
	h := view.ReportHost{
		Hostname: resource.EncodeInvalid(f.Hostname), FQDN: resource.EncodeInvalid(f.FQDN), MachineID: f.MachineID,
		OS: strings.TrimSpace(f.OS.ID + " " + f.OS.Version),
	}
	if f.Cloud != nil {
		h.InstanceID = f.Cloud.InstanceID
	}
	if abs, err := filepath.Abs(root); err == nil && abs != "/" {
		h.Root = resource.EncodeInvalid(abs)
	}
	return h
}

// observe adds the facts that a session has at its end.
func (r *report) observe(s *session) {
	if s.site != nil && s.site.Site != nil {
		r.Digest, r.SHA256 = digestManifests(s.site), s.flags.Site.SHA256
		r.Manifest = cmp.Or(s.flags.Site.Origin, r.Manifest)
	}
	if s.id.Name != journal.NoSite {
		r.Site = s.id.Name
	}
	if s.state != nil {
		r.Owed = past.ListOwed(s.state)
	}
}

// digestManifests returns the SHA-256 of the output of sha256sum for the manifests, sorted by path.
func digestManifests(s *site.Site) string {
	var sums bytes.Buffer
	for _, in := range s.Inputs.Files {
		if s.Files[in.Path] == nil {
			continue // a file that the manifest only names
		}
		digest, err := in.Content.Digest()
		if err != nil {
			return ""
		}
		fmt.Fprintf(&sums, "%s  %s\n", digest, in.Path)
	}
	sum := sha256.Sum256(sums.Bytes())
	return hex.EncodeToString(sum[:])
}

// write writes the report of a run that ended with err, and returns the error to end
// with.
func (r *report) write(ctx context.Context, err error) error {
	if r == nil {
		return err
	}
	r.Ended, r.Exit = time.Now(), exit.CodeOf(err)
	r.Result = r.summarize()
	var coded *exit.Error
	switch {
	case !errors.As(err, &coded):
		if err != nil {
			r.Error = r.env.Scrub.Error(err).Error()
		}
	case coded.Err != nil:
		r.Error, r.Hints = r.env.Scrub.Error(coded.Err).Error(), coded.Hints
	case coded.Shown != nil:
		r.Error = r.env.Scrub.Error(coded.Shown).Error()
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		r.Exit, r.Result = exit.Interrupted, "interrupted"
	}
	r.Error = resource.EncodeInvalid(r.Error)
	content, lost := r.Encode()
	if lost == nil {
		lost = environ.WriteOutputFile(r.path, func(host *fsys.FS, whole string) error { return host.ReplaceOutput(whole, content) })
	}
	if lost != nil {
		lost = fmt.Errorf("cannot write --report: %w", lost)
	}
	return r.env.WithLostLog(err, lost)
}

// summarize returns one word for the end of the run.
func (r *report) summarize() string {
	switch r.Exit {
	case exit.Locked:
		return "locked"
	case exit.Stale:
		return "stale"
	case exit.Interrupted:
		return "interrupted"
	case exit.Incomplete:
		if len(r.Failed) == 0 && len(r.Held) > 0 {
			return "held"
		}
		return "failed"
	case exit.OK, exit.Changes:
		if r.Mode == "plan" {
			return "planned"
		}
		return "converged"
	}
	if slices.ContainsFunc(r.Changed, func(l view.ReportLine) bool { return r.Mode != "plan" && l.Action != "" }) {
		return "failed"
	}
	return "refused"
}
