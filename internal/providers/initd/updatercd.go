package initd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"converge/internal/fsys"
	"converge/internal/process"
)

// updateRcd is Debian's update-rc.d(8), which makes the links in /etc/rc?.d. In a tree it is the tree's own, run by
// chroot: only that knows the tree's services.
type updateRcd struct {
	fs   *fsys.FS
	here bool // the root is the machine that runs
}

// toolTime is how long update-rc.d may take.
const toolTime = time.Minute

// run performs a verb of update-rc.d. Without the program it does nothing.
func (u updateRcd) run(ctx context.Context, name, verb string) error {
	const program = "/usr/sbin/update-rc.d"
	if _, err := u.fs.Stat(program); isMissing(err) {
		return nil
	} else if err != nil {
		return err
	}
	c := process.Command{
		Path: program, Argv: []string{"update-rc.d", name, verb}, Env: scriptEnvironment(),
		Outlive: true, Finish: true, Timeout: toolTime,
	}
	if u.here {
		c.Path = u.fs.HostPath(program)
	} else {
		c.Root = u.fs.Root()
	}
	r, err := process.Run(ctx, c)
	switch {
	case err != nil:
		return err
	case !r.OK():
		return errors.New(describeFailure(fmt.Sprintf("update-rc.d %s %s", name, verb), r))
	}
	return nil
}
