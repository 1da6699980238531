package apt

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
)

// gate is where apt-get, with all locks held and all archives fetched, waits for an answer before dpkg starts. apt
// passes each operation to the hooks of DPkg::Pre-Install-Pkgs (apt.conf(5)), and gives up, with nothing done, if one
// of them fails. Our hook passes the operations on through a pipe, and reads the answer from another: if converge is
// killed meanwhile, the pipe ends, and the hook fails.
type gate struct {
	judge func(ops []operation) error

	asks, answers *os.File // our ends
	theirs        []*os.File
	reading       sync.WaitGroup

	asked  bool  // apt has reached the gate
	reason error // why the gate refused in the end; nil: it did not, or was not reached
}

// Parts of the gate's hook. Its first word is the name under which apt keeps the options of a hook, so it must be
// unique. 3 and 4 are the descriptors of [gate.inherited]; an apt that closes them fails in the hook, too.
const (
	gateName = "converge_gate()"
	gateEnd  = "all operations are told"
	gateHook = gateName + ` { cat >&3 && echo "` + gateEnd + `" >&3 && read -r answer <&4 && [ "$answer" = go ]; }; converge_gate`
)

// openGate opens a gate that lets apt through if judge returns no error.
func openGate(judge func([]operation) error) (*gate, error) {
	asks, asking, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("cannot open a pipe to apt: %w", err)
	}
	answered, answers, err := os.Pipe()
	if err != nil {
		asks.Close()
		asking.Close()
		return nil, fmt.Errorf("cannot open a pipe to apt: %w", err)
	}
	g := &gate{judge: judge, asks: asks, answers: answers, theirs: []*os.File{asking, answered}}
	g.reading.Go(g.answerAll)
	return g, nil
}

// options are apt-get's options for this gate; none without a gate.
func (g *gate) options() []string {
	if g == nil {
		return nil
	}
	return []string{
		"-o", "DPkg::Tools::Options::" + gateName + "::Version=3", "-o", "APT::Keep-Fds::=3", "-o", "APT::Keep-Fds::=4",
		"-o", "DPkg::Pre-Install-Pkgs::=" + gateHook,
	}
}

// inherited are the descriptors 3 and 4 of apt-get: for its operations, and for the answer.
func (g *gate) inherited() []*os.File {
	if g == nil {
		return nil
	}
	return g.theirs
}

// close ends the answering. The result is valid from then on.
func (g *gate) close() {
	if g == nil {
		return
	}
	g.asks.Close()
	g.answers.Close()
	g.reading.Wait()
	for _, f := range g.theirs {
		f.Close()
	}
}

// answerAll answers each time that apt reaches the gate.
func (g *gate) answerAll() {
	lines := bufio.NewReader(g.asks)
	var told strings.Builder
	for {
		line, err := lines.ReadString('\n')
		if err != nil { // closed
			return
		}
		if strings.TrimSuffix(line, "\n") != gateEnd {
			told.WriteString(line)
			continue
		}
		ops, err := parseOperations(told.String())
		told.Reset()
		if err == nil {
			err = g.judge(ops)
		}
		g.asked, g.reason = true, err
		answer := "go\n"
		if err != nil {
			answer = "no\n"
		}
		if _, err := g.answers.WriteString(answer); err != nil {
			g.reason = errors.Join(g.reason, err)
		}
	}
}

// parseOperations parses the input of a hook in version 3 of apt's protocol (apt.conf(5), DPkg::Tools::Options): a
// line with the version, apt's configuration, an empty line, and a line for each step of dpkg:
//
//	NAME OLD ARCH MULTIARCH < NEW ARCH MULTIARCH /FILE.deb
//	NAME OLD ARCH MULTIARCH > - - none **REMOVE**
//	NAME OLD ARCH MULTIARCH < NEW ARCH MULTIARCH **CONFIGURE**
//
// "-" means no version. Packages that are only configured are not operations. The input does not show whether a
// removed package is purged.
func parseOperations(told string) ([]operation, error) {
	head, steps, ok := strings.Cut(told, "\n\n")
	if version, _, _ := strings.Cut(head, "\n"); !ok || version != "VERSION 3" {
		return nil, errors.New("apt does not tell its operations in version 3 of the protocol of its hooks")
	}
	var ops []operation
	for line := range strings.Lines(steps) {
		line = strings.TrimSuffix(line, "\n")
		f := strings.SplitN(line, " ", 9)
		if len(f) < 9 {
			return nil, fmt.Errorf("apt tells an operation that cannot be read: %q", line)
		}
		o := operation{name: f[0], old: versionAt(f[1]), new: versionAt(f[5])}
		if arch := f[6]; arch != "-" {
			o.name += ":" + arch
		} else {
			o.name += ":" + f[2]
		}
		switch {
		case f[8] == "**CONFIGURE**":
			continue
		case f[8] == "**REMOVE**":
			o.new = ""
		case o.new == "":
			return nil, fmt.Errorf("apt tells an operation that cannot be read: %q", line)
		}
		ops = append(ops, o)
	}
	return ops, nil
}

func versionAt(field string) string {
	if field == "-" {
		return ""
	}
	return field
}
