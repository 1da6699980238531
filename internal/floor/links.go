package main

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// farm links, unlinks or checks, as verb asks, the links in target that lead
// into the package at pkg. No directory is folded. up is the path from the target
// to the package.
type farm struct {
	verb string
	buf  []byte
	text []byte
}

func links(verb, pkg, target, up string) error {
	f := &farm{verb: verb, buf: make([]byte, 32<<10), text: make([]byte, 4096)}
	from, err := unix.Open(pkg, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	to, err := unix.Open(target, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	return f.walk(from, to, up+"/")
}

type dirent struct {
	name string
	dir  bool
}

func (f *farm) walk(from, to int, up string) error {
	defer unix.Close(from)
	defer unix.Close(to)
	list, err := f.list(from)
	if err != nil {
		return err
	}
	for _, e := range list {
		if e.dir {
			err = f.enter(from, to, up, e.name)
		} else {
			err = f.one(to, up+e.name, e.name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *farm) enter(from, to int, up, name string) error {
	if f.verb == "link" {
		if err := unix.Mkdirat(to, name, 0o777); err != nil {
			return err
		}
	}
	in, err := unix.Openat(from, name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	out, err := unix.Openat(to, name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	return f.walk(in, out, "../"+up+name+"/")
}

func (f *farm) one(to int, text, name string) error {
	switch f.verb {
	case "link":
		return unix.Symlinkat(text, to, name)
	case "unlink":
		return unix.Unlinkat(to, name, 0)
	}
	n, err := unix.Readlinkat(to, name, f.text)
	if err == nil && string(f.text[:n]) != text {
		return fmt.Errorf("%s reads %q", name, f.text[:n])
	}
	return err
}

func (f *farm) list(fd int) ([]dirent, error) {
	var out []dirent
	for {
		n, err := unix.Getdents(fd, f.buf)
		if n <= 0 || err != nil {
			return out, err
		}
		for b := f.buf[:n]; len(b) > 0; {
			size := binary.NativeEndian.Uint16(b[16:])
			name := b[19:size]
			name = name[:bytes.IndexByte(name, 0)]
			if s := string(name); s != "." && s != ".." {
				out = append(out, dirent{s, b[18] == unix.DT_DIR})
			}
			b = b[size:]
		}
	}
}
