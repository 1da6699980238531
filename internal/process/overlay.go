package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// A check such as "nginx -t" judges files at their future places. To make that possible before the files are there, it
// runs in a mount namespace of its own, in which they are laid over the disk. The namespace, its mounts and the memory
// with the new files end with the last process in it, however it ends: nothing must be cleaned up. The same applies to
// everything that the program writes in folders with an overlay.
//
// An overlayer makes the namespace: a second process of this program, which makes the mounts and then becomes the
// command (overlaymount.go).

// Overlaid is one path as the program sees it, see [Command.Overlay]. One of From, Content, Link, Dir and Gone is set;
// missing folders on the way are made.
type Overlaid struct {
	Path    string // absolute, without symbolic links on the way
	From    string // a file, link or folder of the host that is shown there unchanged, and hidden at its own place
	Content []byte // a file with that content
	Link    string // a symbolic link with that target
	Dir     bool   // a folder; its content stays
	Gone    bool   // nothing

	Mode     uint32 // of Content and Dir, and of From if Perm is set
	UID, GID uint32
	Perm     bool
}

// ErrNoOverlay is the cause of an error of [Run] if no namespace can be made for [Command.Overlay]. The program has not
// run.
var ErrNoOverlay = errors.New("no mount namespace can be made")

// overlayer is argv[0] of an overlayer.
const overlayer = "converge-overlayer"

// reportFD is the descriptor on which an overlayer reports why it cannot run the command. orderFD is its other
// descriptor.
const reportFD = orderFD + 1

// overlayOrder describes the work of an overlayer.
type overlayOrder struct {
	Entries   []overlaidBytes
	Path      []byte // "": found along the PATH of Env when all is mounted
	Dir, Root []byte
	Argv, Env [][]byte
}

// overlaidBytes is an Overlaid whose strings JSON does not change.
type overlaidBytes struct {
	Overlaid
	Path, From, Link []byte
}

// overlayReport describes why an overlayer could not run the command.
type overlayReport struct {
	Unable   string `json:",omitempty"` // to make the namespace
	NotFound string `json:",omitempty"` // this program
	Failed   string `json:",omitempty"` // to start it
}

// overlayerOf returns the command of an overlayer that runs cmd, and the file of its report.
func (c *Command) overlayerOf(cmd *exec.Cmd) (*exec.Cmd, error) {
	if os.Geteuid() != 0 || os.Args[0] == overlayer || !canRecord() {
		return nil, fmt.Errorf("%w: only root can, and only where /proc is mounted", ErrNoOverlay)
	}
	order := overlayOrder{Path: []byte(c.Path), Dir: []byte(cmd.Dir), Root: []byte(c.Root), Argv: toBytes(c.Argv), Env: toBytes(cmd.Env)}
	for _, e := range c.Overlay {
		order.Entries = append(order.Entries, overlaidBytes{e, []byte(e.Path), []byte(e.From), []byte(e.Link)})
	}
	text, err := json.Marshal(order)
	if err != nil {
		return nil, fmt.Errorf("cannot prepare what %s is to see: %w", c.Argv[0], err)
	}
	what, err := memoryFile("order")
	if err != nil {
		return nil, err
	}
	report, err := memoryFile("report")
	if err == nil {
		_, err = what.WriteAt(text, 0)
	}
	if err != nil {
		what.Close()
		return nil, fmt.Errorf("cannot prepare what %s is to see: %w", c.Argv[0], err)
	}
	return &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{overlayer}, Env: []string{}, Dir: "/", Stdin: cmd.Stdin, WaitDelay: cmd.WaitDelay,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true}, ExtraFiles: []*os.File{what, report},
	}, nil
}

// readOverlayReport returns why the overlayer did not run the command, whose root is given; nil if it ran it.
func readOverlayReport(report *os.File, root string) error {
	text, err := io.ReadAll(io.NewSectionReader(report, 0, math.MaxInt32))
	if err != nil || len(text) == 0 {
		return err
	}
	var r overlayReport
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("cannot read the report of an overlayer: %w", err)
	}
	switch {
	case r.NotFound != "":
		return &notFound{r.NotFound, root}
	case r.Failed != "":
		return errors.New(r.Failed)
	}
	return fmt.Errorf("%w: %s", ErrNoOverlay, r.Unable)
}

// runOverlayer is the main function of an overlayer. It returns only if the command cannot be run.
func runOverlayer() int {
	unix.CloseOnExec(orderFD)
	unix.CloseOnExec(reportFD)
	var o overlayOrder
	r := overlayReport{}
	if err := json.NewDecoder(os.NewFile(orderFD, "order")).Decode(&o); err != nil {
		r.Unable = "cannot read the order: " + err.Error()
	} else {
		r = o.run()
	}
	if text, err := json.Marshal(r); err == nil {
		_, _ = os.NewFile(reportFD, "report").Write(text) // the exit status reports it too
	}
	return 1
}

// isRace reports whether files could not be laid over the disk because they, or folders on the way, were moved or
// replaced meanwhile. A namespace is possible nevertheless: a user who renames files must not be able to make a check
// run too late.
func isRace(err error) bool {
	if errors.Is(err, errBecameLink) {
		return true
	}
	for _, errno := range []error{unix.ENOENT, unix.ENOTDIR, unix.ELOOP, unix.EEXIST, unix.ESTALE} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// run makes the namespace and becomes the command.
func (o *overlayOrder) run() overlayReport {
	entries := make([]Overlaid, len(o.Entries))
	for i, e := range o.Entries {
		entries[i] = e.Overlaid
		entries[i].Path, entries[i].From, entries[i].Link = string(e.Path), string(e.From), string(e.Link)
	}
	if err := layOver(entries); err != nil && isRace(err) {
		return overlayReport{Failed: "cannot show the files to " + string(o.Argv[0]) + ": " + err.Error()}
	} else if err != nil {
		return overlayReport{Unable: err.Error()}
	}
	if root := string(o.Root); root != "" {
		if err := unix.Chroot(root); err != nil {
			return overlayReport{Failed: "cannot enter " + root + ": " + err.Error()}
		}
	}
	if err := unix.Chdir(string(o.Dir)); err != nil {
		return overlayReport{Failed: err.Error()}
	}
	argv, env, path := toStrings(o.Argv), toStrings(o.Env), string(o.Path)
	if path == "" {
		var err error
		if path, err = Find(argv[0], valueOf(env, "PATH")); err != nil {
			return overlayReport{NotFound: argv[0]}
		}
	}
	err := unix.Exec(path, argv, env)
	if errors.Is(err, unix.ENOENT) {
		return overlayReport{NotFound: argv[0]}
	}
	return overlayReport{Failed: "cannot run " + argv[0] + ": " + err.Error()}
}
