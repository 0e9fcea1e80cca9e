import pytest
import torch


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Matrices this small are slower on two threads, and one thread gives the same sums everywhere."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
