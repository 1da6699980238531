package machine

import (
	"converge/internal/providers/apt"
	"converge/internal/providers/packages/tool"
)

// PackageLocks are the locks of the package databases that this machine may have:
// see [tool.Blocked].
func PackageLocks() []tool.Lock { return apt.Locks() }
