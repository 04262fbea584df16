package prepared

// Idle returns how many statements a driver connection keeps.
func Idle(driverConn any) int { return driverConn.(*conn).idle.Len() }

// MaxIdle is how many statements a connection keeps at most.
const MaxIdle = maxIdle
