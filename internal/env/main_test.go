package env_test

import (
	"testing"

	"notewatch/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
