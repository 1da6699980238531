package wire

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Bounds of one message: no editor exceeds them.
const (
	maxMessage = 64 << 20
	maxHeader  = 4 << 10
)

// frames reads and writes messages with a header that states their length. The library's own framing allocates any
// length that a header states, and refuses editors that write the content type differently.
type frames struct {
	in  *bufio.Reader
	out io.Writer
}

func newReader(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, maxHeader) }

// Recv reads a message.
func (f *frames) Recv() ([]byte, error) {
	size, err := f.readHeader()
	if err != nil {
		return nil, err
	}
	message := make([]byte, size)
	if _, err := io.ReadFull(f.in, message); err != nil {
		return nil, err
	}
	return message, nil
}

// readHeader reads the header lines of a message, and returns its length.
func (f *frames) readHeader() (size int, err error) {
	size = -1
	for lines := 0; ; lines++ {
		line, err := f.in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull) || lines > 32:
			return 0, errors.New("the header of a message is too long")
		case err != nil:
			return 0, err
		}
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" {
			break
		}
		name, value, ok := strings.Cut(text, ":")
		if !ok {
			return 0, fmt.Errorf("%.40q is no header", text)
		}
		if !strings.EqualFold(name, "Content-Length") {
			continue
		}
		size, err = strconv.Atoi(strings.TrimSpace(value))
		if err != nil || size < 0 || size > maxMessage {
			return 0, fmt.Errorf("%.40q is no length of a message", value)
		}
	}
	if size < 0 {
		return 0, errors.New("a message has no Content-Length")
	}
	return size, nil
}

// Send writes a message.
func (f *frames) Send(message []byte) error {
	_, err := f.out.Write(append(fmt.Appendf(nil, "Content-Length: %d\r\n\r\n", len(message)), message...))
	return err
}

// Close implements the library's channel. The process ends together with its reader.
func (f *frames) Close() error { return nil }
