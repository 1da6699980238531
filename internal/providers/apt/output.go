package apt

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"
)

// output is a program's output in memory files rather than pipes: a daemon
// that a maintainer script leaves behind cannot hold us up, and if we are
// killed apt and dpkg go on writing instead of dying of it in mid-transaction.
type output struct {
	out, err *os.File
	told     int64 // bytes of out that line has been told
}

// maxOutput bounds what is read back of a program's output, in bytes.
const maxOutput = 64 << 20

// capture gives the program its output files; merged, both streams end in one,
// in the order in which they came.
func capture(cmd *exec.Cmd, merged bool) (*output, error) {
	out, err := memoryFile("stdout")
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = out, out
	if merged {
		return &output{out: out}, nil
	}
	e, err := memoryFile("stderr")
	if err != nil {
		out.Close()
		return nil, err
	}
	cmd.Stderr = e
	return &output{out: out, err: e}, nil
}

func memoryFile(name string) (*os.File, error) {
	fd, err := unix.MemfdCreate("converge-apt-"+name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("cannot make a memory file: %w", err)
	}
	f := os.NewFile(uintptr(fd), name)
	return f, nil
}

func (o *output) close() {
	o.out.Close()
	if o.err != nil {
		o.err.Close()
	}
}

// tell passes on the complete lines that have come since.
func (o *output) tell(line func(string)) {
	if line == nil {
		return
	}
	data, err := io.ReadAll(io.NewSectionReader(o.out, o.told, maxOutput))
	if err != nil {
		return
	}
	for {
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			return
		}
		line(lastOverwrite(string(data[:i])))
		o.told += int64(i) + 1
		data = data[i+1:]
	}
}

func (o *output) result(cmd *exec.Cmd) result {
	r := result{status: cmd.ProcessState.ExitCode(), stdout: readBack(o.out)}
	if o.err != nil {
		r.stderr = readBack(o.err)
	}
	return r
}

func readBack(f *os.File) string {
	data, err := io.ReadAll(io.NewSectionReader(f, 0, maxOutput))
	if err != nil {
		return ""
	}
	return string(data)
}

// lastOverwrite is what a terminal would show of a line with carriage returns.
func lastOverwrite(s string) string {
	s = strings.TrimRight(s, "\r")
	return s[strings.LastIndexByte(s, '\r')+1:]
}
