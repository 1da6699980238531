package testhost

import (
	"context"
	"errors"
	"runtime"
	"testing"
)

// As many hosts as places, then one that waits until another has ended.
func TestPlacesAreBounded(t *testing.T) {
	folder := t.TempDir()
	first, err := lockPlace(t.Context(), folder, 2)
	if err != nil {
		t.Fatal(err)
	}
	second, err := lockPlace(t.Context(), folder, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := lockPlace(ended, folder, 2); !errors.Is(err, context.Canceled) {
		t.Fatalf("a third place of two: %v", err)
	}
	waiting := make(chan error)
	go func() {
		third, err := lockPlace(t.Context(), folder, 2)
		waiting <- err
		if err == nil {
			third.Close()
		}
	}()
	first.Close()
	if err := <-waiting; err != nil {
		t.Error(err)
	}
}

// A test with a host takes no second place for another host, nor do its subtests.
func TestOnePlacePerTest(t *testing.T) {
	t.Setenv("TESTHOST_DIR", t.TempDir())
	own := t.TempDir()
	for range perCPU*runtime.NumCPU() + 1 {
		takePlace(t, own)
	}
	t.Run("inside", func(t *testing.T) { takePlace(t, own) })
}
