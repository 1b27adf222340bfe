use super::testing::*;
use super::*;
