package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"
)

// output receives a program's output.
type output interface {
	afterStart()                      // called after the program has started
	passOutput()                      // passes on the output so far
	takeAll() (stdout, stderr string) // called after the program has ended
	close()
}

func (c *Command) newOutput(cmd *exec.Cmd) (output, error) {
	if c.Outlive {
		return c.newMemoryFiles(cmd)
	}
	p := &pipes{}
	stdout, err := p.addStream(c.newKeeper(), c.Tee)
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = stdout, stdout
	if c.Split {
		stderr, err := p.addStream(c.newKeeper(), nil)
		if err != nil {
			p.close()
			return nil, err
		}
		cmd.Stderr = stderr
	}
	return p, nil
}

// pipes read a program's streams until it has ended. Processes that it leaves running may hold them open for ever, so it
// does not wait for the end of the streams.
type pipes struct {
	streams []*stream
	theirs  []*os.File
}

type stream struct {
	r    *os.File
	kept *keeper
	tee  io.Writer
	done chan struct{}
}

func (p *pipes) addStream(kept *keeper, tee io.Writer) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("cannot make a pipe: %w", err)
	}
	p.streams = append(p.streams, &stream{r, kept, tee, make(chan struct{})})
	p.theirs = append(p.theirs, w)
	return w, nil
}

func (p *pipes) afterStart() {
	for _, w := range p.theirs {
		w.Close()
	}
	p.theirs = nil
	for _, s := range p.streams {
		go s.readAll()
	}
}

func (*pipes) passOutput() {} // they are read continuously

func (s *stream) takeChunk(b []byte) {
	_, _ = s.kept.Write(b) // never fails
	if s.tee == nil {
		return
	}
	if _, err := s.tee.Write(b); err != nil {
		s.tee = nil // its reader has ended; the program continues
	}
}

func (s *stream) readAll() {
	defer close(s.done)
	chunk := make([]byte, 32<<10)
	for {
		n, err := s.r.Read(chunk)
		s.takeChunk(chunk[:n])
		if err != nil {
			return
		}
	}
}

// drainRest stops reading and takes the rest of the program's own output, all of which is in the pipe; other processes
// may write for ever.
func (s *stream) drainRest() {
	_ = s.r.SetReadDeadline(time.Unix(1, 0)) // pipes have deadlines
	<-s.done
	_ = s.r.SetReadDeadline(time.Time{})
	raw, err := s.r.SyscallConn()
	if err != nil {
		return
	}
	chunk := make([]byte, 64<<10)
	for range 1 << 20 / len(chunk) { // the most that a pipe holds (pipe(7), pipe-max-size)
		n := 0
		err := raw.Read(func(fd uintptr) bool {
			n, err = unix.Read(int(fd), chunk)
			return true // also if it is empty: it does not wait
		})
		if n <= 0 || err != nil {
			return
		}
		s.takeChunk(chunk[:n])
	}
}

func (p *pipes) takeAll() (stdout, stderr string) {
	for _, s := range p.streams {
		s.drainRest()
	}
	stdout = p.streams[0].kept.String()
	if len(p.streams) > 1 {
		stderr = p.streams[1].kept.String()
	}
	return stdout, stderr
}

func (p *pipes) close() {
	for _, w := range p.theirs {
		w.Close()
	}
	for _, s := range p.streams {
		s.r.Close()
	}
}

// memoryFiles hold a program's output if it has no reader meanwhile.
type memoryFiles struct {
	files  []*os.File
	start  int64    // of the output in the first file
	given  *os.File // the caller's file, which may be one of them
	limit  int64
	tee    io.Writer
	passed int64 // bytes of the first file that tee has received
}

func (c *Command) newMemoryFiles(cmd *exec.Cmd) (*memoryFiles, error) {
	m := &memoryFiles{limit: int64(c.newKeeper().max), tee: c.Tee, given: c.Into}
	stdout, err := m.addStdout()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = stdout, stdout
	if c.Split {
		stderr, err := m.addFile("stderr")
		if err != nil {
			m.close()
			return nil, err
		}
		cmd.Stderr = stderr
	}
	return m, nil
}

func (m *memoryFiles) addStdout() (*os.File, error) {
	if m.given == nil {
		return m.addFile("stdout")
	}
	info, err := m.given.Stat()
	if err != nil {
		return nil, err
	}
	m.files, m.start = append(m.files, m.given), info.Size()
	return m.given, nil
}

func (m *memoryFiles) addFile(name string) (*os.File, error) {
	f, err := memoryFile(name)
	if err == nil {
		m.files = append(m.files, f)
	}
	return f, err
}

func memoryFile(name string) (*os.File, error) {
	fd, err := unix.MemfdCreate("converge-"+name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("cannot make a memory file: %w", err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

func (*memoryFiles) afterStart() {}

func (m *memoryFiles) passOutput() {
	if m.tee == nil {
		return
	}
	n, err := io.Copy(m.tee, io.NewSectionReader(m.files[0], m.start+m.passed, m.limit))
	m.passed += n
	if err != nil {
		m.tee = nil // its reader has ended
	}
}

func (m *memoryFiles) takeAll() (stdout, stderr string) {
	m.passOutput()
	stdout = m.readFirst(m.files[0], m.start)
	if len(m.files) > 1 {
		stderr = m.readFirst(m.files[1], 0)
	}
	return stdout, stderr
}

// readFirst returns the beginning of a file: the end of the output is cut off if it exceeds the limit, which no program
// that runs like this reaches.
func (m *memoryFiles) readFirst(f *os.File, start int64) string {
	data, err := io.ReadAll(io.NewSectionReader(f, start, m.limit))
	if err != nil && !errors.Is(err, io.EOF) {
		return ""
	}
	return string(data)
}

func (m *memoryFiles) close() {
	for _, f := range m.files {
		if f != m.given {
			f.Close()
		}
	}
}
