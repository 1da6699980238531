package apk

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
)

// settleTime bounds the last step of a transaction, which an interrupt does not stop.
const settleTime = time.Minute

// Commit implements [packages.Solver].
func (s *solver) Commit(ctx context.Context, r packages.Request) error {
	o, err := s.prepareOrder(ctx, r)
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil { // apk uses the machine's own indexes
		return err
	}
	for i, fail := range o.failed {
		return fmt.Errorf("%s: %w", r.Words[i].Name, fail)
	}
	scripts := &packages.ScriptError{Packages: map[string]string{}}
	for _, call := range o.calls() {
		res, fail := s.runWriting(ctx, call...)
		if errors.Is(fail, resource.ErrLeft) {
			return fail // the next run settles the rest
		}
		if err = judge(res, fail, scripts); err != nil {
			break
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Patience+settleTime)
	defer cancel()
	err = errors.Join(err, s.changeWorld(ctx, func(*world) {}))
	if err == nil && len(scripts.Packages) > 0 {
		return scripts
	}
	return err
}

// prepareOrder translates the request for apk, and notes what the world must not keep.
func (s *solver) prepareOrder(ctx context.Context, r packages.Request) (*order, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := s.settlePending(); err != nil {
		return nil, err
	}
	o, err := s.newOrder(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(o.pending) > 0 {
		if err := s.replaceFile(pendingFile, o.pending.String()); err != nil {
			return nil, fmt.Errorf("cannot note what a transaction needs: %w", err)
		}
	}
	return o, nil
}

// scriptForm is the error about a script of a package, which apk has installed all
// the same and counts as broken:
//
//	ERROR: NAME-VERSION.post-install: script exited with error 1
const scriptForm = `^ERROR: (\S+)\.(pre|post)-(install|upgrade|deinstall): script (.*)$`

// judge divides the errors of a call into those of scripts and others. The status alone does not show that: it also
// counts packages that were broken before.
func judge(r tool.Result, err error, scripts *packages.ScriptError) error {
	if err != nil {
		return fmt.Errorf("apk: %w", err)
	}
	form := regexp.MustCompile(scriptForm)
	var said []string // since the last line of apk itself
	var list []string
	named := map[string]string{}
	for line := range strings.Lines(r.Stdout + "\n" + r.Stderr) {
		line = strings.TrimRight(line, "\r\n")
		f := form.FindStringSubmatch(line)
		_, operation := parseOperation(line)
		switch {
		case f != nil:
			said = append(said, f[2]+"-"+f[3]+": script "+f[4])
			scripts.Packages[nameOf(f[1])] = tool.LastLines(strings.Join(said, "\n"), tool.ShownLines)
			said = nil
		case operation || strings.HasPrefix(line, "Executing "):
			said = nil
		case strings.HasPrefix(line, "ERROR: "):
			msg := strings.TrimPrefix(line, "ERROR: ")
			list = append(list, msg)
			if label, _, ok := strings.Cut(msg, ": "); ok && nameOf(label) != label {
				named[nameOf(label)] = msg
			}
		default:
			said = append(said, strings.TrimPrefix(line, "* "))
		}
	}
	switch {
	case len(parseProblems(joinOutput(r))) > 0:
		return fmt.Errorf("apk: %w", refusal(r))
	case len(list) == 0:
		return nil
	}
	err = errors.New("apk: " + strings.Join(list, "; "))
	if slices.ContainsFunc(list, isFetchError) {
		err = &packages.FetchError{Err: err}
	}
	if len(named) > 0 {
		err = &packages.PackagesError{Err: err, Packages: named}
	}
	return err
}

// isFetchError reports whether apk could not get a package file that its index names: it is missing, for which apk
// itself recommends a new index, or it differs.
func isFetchError(msg string) bool {
	return strings.HasSuffix(msg, "(try 'apk update')") || strings.HasSuffix(msg, "package integrity error")
}
