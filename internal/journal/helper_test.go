package journal

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"converge/internal/notify"
)

// TestMain lets the test binary act as the other process: one that writes until it is killed, one that holds the lock,
// one in the middle of a run, one with a full disk.
func TestMain(m *testing.M) {
	role, dir := os.Getenv("JOURNAL_TEST_ROLE"), os.Getenv("JOURNAL_TEST_DIR")
	if role == "" {
		os.Exit(m.Run())
	}
	if err := play(role, dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func play(role, dir string) error {
	switch role {
	case "write":
		return writeForever(dir)
	case "hold", "begin":
		s, err := Open(context.Background(), dir, Options{})
		if err != nil {
			return err
		}
		defer s.Close()
		if role == "begin" {
			r, err := s.Start(context.Background(), RunInfo{ID: "r2"})
			if err != nil {
				return err
			}
			if err := r.Begin(context.Background(), oneChange(file("x")), nil); err != nil {
				return err
			}
		}
		fmt.Println("held")
		bufio.NewReader(os.Stdin).ReadByte() // until it is closed
		return nil
	case "full":
		return fillDisk(dir)
	case "readonly":
		return openReadOnly(dir)
	case "user":
		return openAsUser(dir)
	}
	return fmt.Errorf("no role %q", role)
}

// child returns this test binary in a role; it ends with the test.
func child(role, dir string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "JOURNAL_TEST_ROLE="+role, "JOURNAL_TEST_DIR="+dir)
	c.Stderr = os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c
}

// writeForever makes run after run, each with change after change, and prints the confirmed records: "begun N", "paid
// N".
func writeForever(dir string) error {
	ctx := context.Background()
	for n := 0; ; {
		s, err := Open(ctx, dir, Options{})
		if err != nil {
			return err
		}
		r, err := s.Start(ctx, RunInfo{})
		if err != nil {
			return err
		}
		for range 5 {
			n++
			name := "x" + strconv.Itoa(n)
			c := file(name)
			d := debt("service."+name, "restart", "file."+name, r.ID)
			fmt.Println("begin", n)
			if err := r.Begin(ctx, oneChange(c), oneDebt(d)); err != nil {
				return err
			}
			fmt.Println("begun", n)
			if err := r.Done(ctx, c, at(n), nil); err != nil {
				return err
			}
			if n%2 == 0 {
				fmt.Println("pay", n)
				if err := r.Settled(ctx, notify.Settled{Owners: []notify.Owner{d.Owner()}, Target: d.Target, Verb: "restart"}); err != nil {
					return err
				}
				fmt.Println("paid", n)
			}
		}
		if err := r.Finish(ctx, 0, Counts{}); err != nil {
			return err
		}
		if err := s.Close(); err != nil {
			return err
		}
	}
}
