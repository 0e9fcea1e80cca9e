def test_x(tiny_backbone, tiny_model):
    print(tiny_backbone, tiny_model)
